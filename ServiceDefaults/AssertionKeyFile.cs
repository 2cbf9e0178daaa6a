using System.Security.Cryptography;

namespace InternPlatform.ServiceDefaults;

/// <summary>The shared P-256 key, made by whichever process needs it first and readable by its owner only.</summary>
internal static class AssertionKeyFile
{
    public static ECDsa ReadOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            Create(path);
        }

        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw new StartRefusedException($"{path} cannot be used as the assertion key ({e.Message}) Remove it to have a new one made, or give another with Platform__AssertionKey.");
        }
    }

    private static void Create(string path)
    {
        OwnerOnly.CreateFolder(Path.GetDirectoryName(path)!);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var draft = $"{path}.{Environment.ProcessId}";
        OwnerOnly.Write(draft, key.ExportPkcs8PrivateKeyPem());
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
}
