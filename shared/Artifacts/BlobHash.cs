using System.Security.Cryptography;

namespace InternPlatform.Artifacts;

/// <summary>The SHA-256 that names a blob, taken while its bytes pass.</summary>
internal static class BlobHash
{
    private const int BufferBytes = 1 << 18;

    /// <exception cref="CorruptArtifactException">The bytes are not the ones the digest names.</exception>
    public static async Task VerifyAsync(string digest, Stream file, CancellationToken cancellationToken)
    {
        var found = await OfAsync(file, cancellationToken);
        if (found != digest)
        {
            throw new CorruptArtifactException(digest, $"its {file.Length} bytes hash to {found}");
        }
    }

    /// <summary>Copies to the end and returns the digest of what was copied.</summary>
    public static async Task<string> CopyAsync(Stream content, Stream file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        for (int read; (read = await content.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async Task<string> OfAsync(Stream file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        for (int read; (read = await file.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
