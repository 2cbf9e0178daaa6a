namespace InternPlatform.Artifacts;

/// <summary>Folders as artifacts: their files are blobs, and an artifact's id is the digest of its manifest.</summary>
public static class ManifestStore
{
    /// <summary>Stores every file of a folder and then its manifest; returns the artifact's id. The same folder gives the same id.</summary>
    public static async Task<string> PutFolderAsync(
        this IArtifactStore store, string kind, string folder, IReadOnlyDictionary<string, string> facts, CancellationToken cancellationToken)
    {
        var files = new List<ManifestFile>();
        foreach (var file in ListFiles(folder))
        {
            var path = ArtifactPath.Relative(Path.GetRelativePath(folder, file.FullName).Replace(Path.DirectorySeparatorChar, '/'));
            await using var content = file.OpenRead();
            var digest = await store.PutAsync(content, cancellationToken);
            files.Add(new ManifestFile(path, digest, await store.SizeAsync(digest, cancellationToken)));
        }

        return await store.PutManifestAsync(new Manifest { Kind = kind, Files = files, Facts = facts }, cancellationToken);
    }

    /// <summary>Stores a manifest over blobs that are in the store; returns the artifact's id.</summary>
    public static async Task<string> PutManifestAsync(this IArtifactStore store, Manifest manifest, CancellationToken cancellationToken)
    {
        ManifestJson.CheckPaths("(new)", manifest.Files);
        using var content = new MemoryStream(ManifestJson.Write(manifest));
        return await store.PutAsync(content, cancellationToken);
    }

    /// <exception cref="InvalidManifestException">The blob is not a manifest of a version known here.</exception>
    public static async Task<Manifest> ReadManifestAsync(this IArtifactStore store, string artifactId, CancellationToken cancellationToken)
    {
        await using var blob = await store.OpenAsync(artifactId, cancellationToken);
        return await ManifestJson.ReadAsync(artifactId, blob, cancellationToken);
    }

    /// <exception cref="ArtifactFileNotFoundException">The artifact has no such file.</exception>
    public static async Task<Stream> OpenFileAsync(this IArtifactStore store, string artifactId, string path, CancellationToken cancellationToken)
    {
        ArtifactPath.Relative(path);
        var manifest = await store.ReadManifestAsync(artifactId, cancellationToken);
        var file = manifest.Files.FirstOrDefault(file => file.Path == path) ?? throw new ArtifactFileNotFoundException(artifactId, path);
        return await store.OpenAsync(file.Digest, cancellationToken);
    }

    /// <summary>
    /// Fills a new folder with the artifact's files, copied and verified. The folder appears whole or not at all; one that holds exactly this artifact
    /// already is left as it is, so that a job's next attempt may ask again.
    /// </summary>
    /// <exception cref="FolderOccupiedException">The folder exists and is something else.</exception>
    public static async Task MaterializeAsync(this IArtifactStore store, string artifactId, string folder, CancellationToken cancellationToken)
    {
        var manifest = await store.ReadManifestAsync(artifactId, cancellationToken);
        if (Directory.Exists(folder))
        {
            await CheckFolderAsync(manifest, folder, cancellationToken);
            return;
        }

        var partial = $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))}.{Guid.CreateVersion7():N}.partial";
        Directory.CreateDirectory(partial);
        try
        {
            foreach (var file in manifest.Files)
            {
                await CopyAsync(store, file, ArtifactPath.Inside(partial, file.Path), cancellationToken);
            }

            Directory.Move(partial, folder);
        }
        catch (IOException e) when (DurableFile.IsFullDisk(e))
        {
            throw new FullDiskException(folder, e);
        }
        finally
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
        }
    }

    private static async Task CopyAsync(IArtifactStore store, ManifestFile file, string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using var content = await store.OpenAsync(file.Digest, cancellationToken);
        await using var copy = DurableFile.CreateNew(path);
        await content.CopyToAsync(copy, 1 << 18, cancellationToken);
        copy.Flush(flushToDisk: true);
    }

    private static async Task CheckFolderAsync(Manifest manifest, string folder, CancellationToken cancellationToken)
    {
        var found = ListFiles(folder).ToDictionary(file => Path.GetRelativePath(folder, file.FullName).Replace(Path.DirectorySeparatorChar, '/'), StringComparer.Ordinal);
        if (found.Keys.FirstOrDefault(path => manifest.Files.All(file => file.Path != path)) is { } extra)
        {
            throw new FolderOccupiedException(folder, $"it also has '{extra}'");
        }

        foreach (var file in manifest.Files)
        {
            if (!found.TryGetValue(file.Path, out var info) || info.Length != file.Size)
            {
                throw new FolderOccupiedException(folder, $"'{file.Path}' is missing or has another size");
            }

            await using var content = info.OpenRead();
            if (Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(content, cancellationToken)) != file.Digest)
            {
                throw new FolderOccupiedException(folder, $"'{file.Path}' has other bytes");
            }
        }
    }

    private static IEnumerable<FileInfo> ListFiles(string folder)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false })
            .OrderBy(entry => entry.FullName, StringComparer.Ordinal))
        {
            if (entry.LinkTarget is not null)
            {
                throw new InvalidArtifactPathException(Path.GetRelativePath(folder, entry.FullName), "it is a symbolic link");
            }

            if (entry is FileInfo file)
            {
                yield return file;
            }
        }
    }
}
