using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.IdentityModel.Tokens;

namespace InternPlatform.ServiceDefaults;

/// <summary>
/// The P-256 keys that all services share: PEM blocks, the first signs and all verify. A line above a block says how far a rotation has come, so that the file is
/// all there is to know about it: <c>next since 2026-…</c> will sign, <c>former since 2026-…</c> has signed and will go. Made by whichever process needs it first,
/// readable by its owner only.
/// </summary>
internal static partial class AssertionKeyFile
{
    public static string ReadOrCreate(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                Create(path);
            }

            var text = File.ReadAllText(path);
            _ = Parse(text);
            return text;
        }
        catch (Exception e) when (IsUnusable(e))
        {
            throw new StartRefusedException($"{path} cannot be used as the assertion key ({e.Message}) Remove it to have a new one made, or give another with Platform__AssertionKey.");
        }
    }

    /// <summary>What reading or parsing may throw.</summary>
    public static bool IsUnusable(Exception e) => e is ArgumentException or FormatException or CryptographicException or UnauthorizedAccessException or IOException;

    /// <exception cref="CryptographicException">A block is damaged, is no P-256 key, or there is none. All or nothing: half a file must not pass for a rotation.</exception>
    public static IReadOnlyList<StoredAssertionKey> Parse(string text)
    {
        var keys = new List<StoredAssertionKey>();
        var (rest, blocks) = (text, 0);
        while (PemEncoding.TryFind(rest, out var found))
        {
            blocks++;
            // openssl writes a block of parameters before the key.
            if (rest[found.Label] is "PRIVATE KEY" or "EC PRIVATE KEY")
            {
                keys.Add(Read(rest[found.Location], Mark().Match(rest[..found.Location.Start])));
            }

            rest = rest[found.Location.End..];
        }

        return keys.Count > 0 && blocks == Begin().Count(text) ? [.. keys.DistinctBy(key => key.Id)] : throw new CryptographicException("It holds no key, or a damaged one.");
    }

    public static string Compose(IEnumerable<StoredAssertionKey> keys)
    {
        var text = new StringBuilder();
        foreach (var key in keys)
        {
            if (key.Stage != AssertionKeyStage.InUse)
            {
                text.Append(CultureInfo.InvariantCulture, $"{(key.Stage == AssertionKeyStage.Next ? "next" : "former")} since {key.Since:O}\n");
            }

            text.Append(key.Pem).Append('\n');
        }

        return text.ToString();
    }

    public static StoredAssertionKey New(AssertionKeyStage stage, DateTimeOffset? since)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new StoredAssertionKey(IdOf(key), key.ExportPkcs8PrivateKeyPem(), stage, since);
    }

    private static StoredAssertionKey Read(string pem, Match mark)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(pem);
        if (key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
        {
            throw new CryptographicException("It holds a key of another curve than P-256.");
        }

        return mark.Success
            ? new StoredAssertionKey(
                IdOf(key), pem, mark.Groups[1].Value == "next" ? AssertionKeyStage.Next : AssertionKeyStage.Former,
                DateTimeOffset.Parse(mark.Groups[2].Value, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind))
            : new StoredAssertionKey(IdOf(key), pem, AssertionKeyStage.InUse, null);
    }

    /// <summary>RFC 7638.</summary>
    private static string IdOf(ECDsa key) => Base64UrlEncoder.Encode(new ECDsaSecurityKey(key).ComputeJwkThumbprint());

    private static void Create(string path)
    {
        OwnerOnly.CreateFolder(Path.GetDirectoryName(path)!);
        var draft = $"{path}.{Environment.ProcessId}";
        OwnerOnly.Write(draft, Compose([New(AssertionKeyStage.InUse, null)]));
        try
        {
            // Of two processes that start together one makes the key and both use it.
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }
    }

    [GeneratedRegex(@"(next|former) since (\S+)\s*$")]
    private static partial Regex Mark();

    [GeneratedRegex("-----BEGIN ")]
    private static partial Regex Begin();
}

/// <summary>One key of the file.</summary>
/// <param name="Id">Its thumbprint, the <c>kid</c> of what it signs.</param>
/// <param name="Pem">The block.</param>
/// <param name="Stage">Where in a rotation it stands.</param>
/// <param name="Since">When it came there; null for a key in use.</param>
internal sealed record StoredAssertionKey(string Id, string Pem, AssertionKeyStage Stage, DateTimeOffset? Since);

public enum AssertionKeyStage
{
    InUse,

    /// <summary>Verifies already, and signs once everybody has read it.</summary>
    Next,

    /// <summary>Verifies what it signed until that has expired.</summary>
    Former,
}
