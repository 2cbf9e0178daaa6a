using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace InternPlatform.ServiceDefaults;

/// <summary>
/// The keys as this process has them. The file is read again every two seconds: all of it, since it is small, and a mounted secret changes behind links whose own
/// times stay as they are. A file that cannot be used is told once, and the keys stay.
/// </summary>
internal sealed partial class AssertionKeys : IDisposable
{
    public static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    private readonly string path;
    private readonly ILogger logger;
    private readonly ITimer timer;
    private readonly Lock gate = new();
    private readonly Dictionary<string, ECDsaSecurityKey> known = [];
    private volatile Set current;
    private string text;
    private string? complaint;

    public AssertionKeys(string path, TimeProvider time, ILogger logger)
    {
        (this.path, this.logger) = (path, logger);
        text = AssertionKeyFile.ReadOrCreate(path);
        current = SetOf(text);
        timer = time.CreateTimer(_ => ReadAgain(), null, Poll, Poll);
    }

    public SigningCredentials Signing => current.Signing;

    /// <summary>The key of that id. One that nobody knows by that id, as of an earlier version's assertions, may be any of ours.</summary>
    public IEnumerable<SecurityKey> ToVerify(string? id) => current.Verifying is var keys && keys.FirstOrDefault(key => key.KeyId == id) is { } one ? [one] : keys;

    public void Dispose()
    {
        timer.Dispose();
        lock (gate)
        {
            foreach (var key in known.Values)
            {
                key.ECDsa.Dispose();
            }
        }
    }

    private void ReadAgain()
    {
        lock (gate)
        {
            try
            {
                var now = File.ReadAllText(path);
                if (now != text)
                {
                    current = SetOf(now);
                    text = now;
                    Log.Changed(logger, current.Signing.Key.KeyId, current.Verifying.Count);
                }

                complaint = null;
            }
            catch (Exception e) when (AssertionKeyFile.IsUnusable(e))
            {
                if (complaint != e.Message)
                {
                    complaint = e.Message;
                    Log.Unusable(logger, path, e.Message);
                }
            }
        }
    }

    /// <summary>A removed key stays in memory until the end, for a request that just verifies with it; it is in no set any more.</summary>
    private Set SetOf(string pem)
    {
        var keys = new List<ECDsaSecurityKey>();
        foreach (var stored in AssertionKeyFile.Parse(pem))
        {
            if (!known.TryGetValue(stored.Id, out var key))
            {
                var ecdsa = ECDsa.Create();
                ecdsa.ImportFromPem(stored.Pem);
                // Signers are cached by key id for the whole process otherwise, and outlive the host that owns the key.
                known[stored.Id] = key = new ECDsaSecurityKey(ecdsa) { KeyId = stored.Id, CryptoProviderFactory = new CryptoProviderFactory() };
            }

            keys.Add(key);
        }

        return new Set(new SigningCredentials(keys[0], SecurityAlgorithms.EcdsaSha256), keys);
    }

    private sealed record Set(SigningCredentials Signing, IReadOnlyList<ECDsaSecurityKey> Verifying);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Assertions are signed with key {KeyId}; {Count} verify")]
        public static partial void Changed(ILogger logger, string keyId, int count);

        [LoggerMessage(LogLevel.Error, "{Path} cannot be used: {Reason} The keys read before stay in use")]
        public static partial void Unusable(ILogger logger, string path, string reason);
    }
}
