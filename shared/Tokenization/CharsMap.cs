using System.Runtime.InteropServices;

namespace InternPlatform.Tokenization;

/// <summary>
/// Replacement rules of a SentencePiece model: the longest rule that the text begins with gives its target. The file has, after the size of the
/// first part in bytes, a double-array trie in the units of Darts-clone, then the targets, each ended by a zero.
/// </summary>
internal sealed class CharsMap
{
    private readonly uint[] units;
    private readonly byte[] targets;

    private CharsMap(uint[] units, byte[] targets)
    {
        this.units = units;
        this.targets = targets;
    }

    /// <summary>The rules; null where the bytes are none.</summary>
    /// <exception cref="InvalidDataException">The bytes are cut short.</exception>
    public static CharsMap? Read(byte[] bytes)
    {
        if (bytes.Length == 0)
        {
            return null;
        }

        var size = bytes.Length < sizeof(uint) ? uint.MaxValue : MemoryMarshal.Read<uint>(bytes);
        if (size > bytes.Length - sizeof(uint) || size % sizeof(uint) != 0 || bytes[^1] != 0)
        {
            throw new InvalidDataException($"The table of character rules says it has {size} bytes of trie and has {bytes.Length} bytes in all.");
        }

        var trie = MemoryMarshal.Cast<byte, uint>(bytes.AsSpan(sizeof(uint), (int)size)).ToArray();
        return new CharsMap(trie, bytes[(sizeof(uint) + (int)size)..]);
    }

    /// <summary>The target of the longest rule that <paramref name="text"/> begins with, and the rule's length; a length of 0 where none fits.</summary>
    public ReadOnlySpan<byte> Replace(ReadOnlySpan<byte> text, out int length)
    {
        length = 0;
        var value = 0u;
        var node = 0u;
        for (var i = 0; i < text.Length && node < units.Length; i++)
        {
            var child = node ^ OffsetOf(units[node]) ^ text[i];
            if (child >= units.Length || (units[child] & 0x8000_00FF) != text[i])
            {
                break;
            }

            var leaf = child ^ OffsetOf(units[child]);
            if ((units[child] & 0x100) != 0 && leaf < units.Length && (units[leaf] & int.MaxValue) < targets.Length)
            {
                (value, length) = (units[leaf] & int.MaxValue, i + 1);
            }

            node = child;
        }

        var target = targets.AsSpan((int)value);
        return length == 0 ? [] : target[..target.IndexOf((byte)0)];
    }

    private static uint OffsetOf(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
