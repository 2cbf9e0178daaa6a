namespace InternPlatform.Artifacts.S3;

/// <summary>Where an S3 server keeps our bucket: <c>http://key:secret@host:port/bucket</c>, or https.</summary>
internal sealed record S3Location(Uri Server, string AccessKey, string SecretKey, string Bucket)
{
    /// <summary>The address without the secret, for messages.</summary>
    public string Shown => $"{Server.GetLeftPart(UriPartial.Authority)}/{Bucket}";

    /// <summary>Null where the text is not such an address; part of it missing is an error of its own.</summary>
    /// <exception cref="UnsupportedStoreException">It is an address, but names no key, no secret or no single bucket.</exception>
    public static S3Location? TryRead(string location)
    {
        if (!Uri.TryCreate(location, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            return null;
        }

        var shown = $"{address.Scheme}://…@{address.Authority}{address.AbsolutePath}";
        var user = address.UserInfo.Split(':', 2);
        if (user is not [{ Length: > 0 } key, { Length: > 0 } secret])
        {
            throw new UnsupportedStoreException(shown, "it names no access key and secret");
        }

        var bucket = address.AbsolutePath.Trim('/');
        return bucket.Length > 0 && !bucket.Contains('/', StringComparison.Ordinal)
            ? new S3Location(new Uri(address.GetLeftPart(UriPartial.Scheme) + address.Authority), Uri.UnescapeDataString(key), Uri.UnescapeDataString(secret), bucket)
            : throw new UnsupportedStoreException(shown, "its path is not the name of one bucket");
    }
}
