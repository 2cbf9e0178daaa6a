using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace InternPlatform.Identity;

/// <summary>Random secrets of 256 bits, and the digests that are stored in their place.</summary>
internal static class Secrets
{
    public const string KeyStart = "sk-";
    public const int PrefixLength = 11;

    public static string NewKey() => KeyStart + NewToken();

    public static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static byte[] Digest(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    public static bool Matches(byte[] digest, string secret) => CryptographicOperations.FixedTimeEquals(digest, Digest(secret));
}
