using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace InternPlatform.Inference.Engine;

/// <summary>
/// Identity of a full block's contents: SHA-256 over salt, the chain of blocks before it, and its tokens. A collision
/// would show one tenant another's text, hence a hash that nobody can aim.
/// </summary>
internal readonly record struct BlockHash(UInt128 High, UInt128 Low)
{
    public static BlockHash Root(string salt) => Of(SHA256.HashData(Encoding.UTF8.GetBytes(salt)));

    public BlockHash Then(ReadOnlySpan<int> tokens)
    {
        Span<byte> text = stackalloc byte[32 + (tokens.Length * sizeof(int))];
        MemoryMarshal.Write(text, this);
        MemoryMarshal.AsBytes(tokens).CopyTo(text[32..]);
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(text, digest);
        return Of(digest);
    }

    private static BlockHash Of(ReadOnlySpan<byte> digest) => MemoryMarshal.Read<BlockHash>(digest);
}
