using System.Text.Json;

namespace InternPlatform.Artifacts;

/// <summary>
/// The canonical form: UTF-8 JSON without spaces, <c>{"manifest":1,"kind":…,"facts":{…},"files":[{"path":…,"digest":…,"size":…}]}</c>,
/// facts and files in ordinal order. The same content has the same bytes, hence the same id, on every machine.
/// </summary>
internal static class ManifestJson
{
    private const int Version = 1;
    public const int LargestBytes = 64 << 20;
    private static readonly byte[] Beginning = "{\"manifest\":"u8.ToArray();

    public static byte[] Write(Manifest manifest)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory))
        {
            json.WriteStartObject();
            json.WriteNumber("manifest", Version);
            json.WriteString("kind", manifest.Kind);
            json.WriteStartObject("facts");
            foreach (var (name, value) in manifest.Facts.OrderBy(fact => fact.Key, StringComparer.Ordinal))
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteStartArray("files");
            foreach (var file in manifest.Files.OrderBy(file => file.Path, StringComparer.Ordinal))
            {
                json.WriteStartObject();
                json.WriteString("path", file.Path);
                json.WriteString("digest", file.Digest);
                json.WriteNumber("size", file.Size);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    public static async Task<bool> LooksLikeAsync(Stream blob, CancellationToken cancellationToken)
    {
        var first = new byte[Beginning.Length];
        return blob.Length <= LargestBytes
            && await blob.ReadAtLeastAsync(first, first.Length, throwOnEndOfStream: false, cancellationToken) == first.Length
            && first.AsSpan().SequenceEqual(Beginning);
    }

    /// <summary>The manifest, or null where the blob only begins like one.</summary>
    public static async Task<Manifest?> TryReadAsync(Stream blob, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync("", blob, cancellationToken);
        }
        catch (InvalidManifestException)
        {
            return null;
        }
    }

    public static async Task<Manifest> ReadAsync(string id, Stream blob, CancellationToken cancellationToken)
    {
        if (blob.Length > LargestBytes)
        {
            throw new InvalidManifestException(id, $"it has {blob.Length} bytes, more than {LargestBytes}");
        }

        try
        {
            using var document = await JsonDocument.ParseAsync(blob, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false }, cancellationToken);
            return Read(id, document.RootElement);
        }
        catch (JsonException e)
        {
            throw new InvalidManifestException(id, e.Message);
        }
    }

    private static Manifest Read(string id, JsonElement root)
    {
        var version = Member(id, root, "manifest", JsonValueKind.Number);
        if (!version.TryGetInt32(out var number) || number != Version)
        {
            throw new InvalidManifestException(id, $"its form is version {version.GetRawText()}, and only {Version} is known here");
        }

        var files = Member(id, root, "files", JsonValueKind.Array).EnumerateArray().Select(file => ReadFile(id, file)).ToList();
        CheckPaths(id, files);
        return new Manifest
        {
            Kind = Member(id, root, "kind", JsonValueKind.String).GetString()!,
            Files = files,
            Facts = Member(id, root, "facts", JsonValueKind.Object).EnumerateObject().ToDictionary(
                fact => fact.Name,
                fact => fact.Value.ValueKind == JsonValueKind.String ? fact.Value.GetString()! : throw new InvalidManifestException(id, $"the fact '{fact.Name}' is not a string")),
        };
    }

    private static ManifestFile ReadFile(string id, JsonElement file)
    {
        var path = Member(id, file, "path", JsonValueKind.String).GetString()!;
        var digest = Member(id, file, "digest", JsonValueKind.String).GetString()!;
        if (!ArtifactPath.IsDigest(digest))
        {
            throw new InvalidManifestException(id, $"the digest of '{path}' is not a SHA-256");
        }

        return Member(id, file, "size", JsonValueKind.Number).TryGetInt64(out var size) && size >= 0
            ? new ManifestFile(path, digest, size)
            : throw new InvalidManifestException(id, $"the size of '{path}' is not a whole number");
    }

    /// <summary>Every path is safe, none occurs twice, and none is a folder of another.</summary>
    public static void CheckPaths(string id, IReadOnlyList<ManifestFile> files)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            try
            {
                ArtifactPath.Relative(file.Path);
            }
            catch (InvalidArtifactPathException e)
            {
                throw new InvalidManifestException(id, e.Message);
            }

            if (!paths.Add(file.Path))
            {
                throw new InvalidManifestException(id, $"the path '{file.Path}' occurs twice");
            }
        }

        foreach (var path in paths)
        {
            for (var slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1))
            {
                if (paths.Contains(path[..slash]))
                {
                    throw new InvalidManifestException(id, $"'{path[..slash]}' is both a file and a folder");
                }
            }
        }
    }

    private static JsonElement Member(string id, JsonElement parent, string name, JsonValueKind kind)
        => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var member) && member.ValueKind == kind
            ? member
            : throw new InvalidManifestException(id, $"'{name}' is missing or not a {kind}");
}
