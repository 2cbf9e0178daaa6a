using System.Runtime.CompilerServices;
using System.Text;

namespace InternPlatform.Artifacts;

/// <summary>Names that keep blobs alive: one small file each, below <c>refs/</c>. The ending tells the reference <c>a</c> from the folder of <c>a/b</c>.</summary>
internal sealed class ArtifactReferences(string root, string temp)
{
    private const string Ending = ".ref";

    public async Task WriteAsync(string name, string digest, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await DurableFile.ReplaceAsync(path, Encoding.ASCII.GetBytes(digest), Path.Join(temp, Guid.CreateVersion7().ToString("N")), cancellationToken);
    }

    public async Task<string?> ReadAsync(string name, CancellationToken cancellationToken)
        => File.Exists(PathOf(name)) ? await ReadFileAsync(PathOf(name), cancellationToken) : null;

    public Task RestoreAsync(string name, string? digest, CancellationToken cancellationToken)
    {
        if (digest is not null)
        {
            return WriteAsync(name, digest, cancellationToken);
        }

        Remove(name);
        return Task.CompletedTask;
    }

    public void Remove(string name)
    {
        var path = PathOf(name);
        if (Directory.Exists(Path.GetDirectoryName(path)))
        {
            File.Delete(path);
        }
    }

    public async IAsyncEnumerable<string> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!Directory.Exists(root))
        {
            yield break;
        }

        foreach (var path in Directory.EnumerateFiles(root, "*" + Ending, SearchOption.AllDirectories))
        {
            if (await ReadFileAsync(path, cancellationToken) is { } digest)
            {
                yield return digest;
            }
        }
    }

    private string PathOf(string name)
    {
        if (ArtifactPath.Relative(name).Split('/').Any(segment => segment.EndsWith(Ending, StringComparison.OrdinalIgnoreCase)))
        {
            throw new InvalidArtifactPathException(name, $"a part ends in '{Ending}'");
        }

        return ArtifactPath.Inside(root, name + Ending);
    }

    private static async Task<string?> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var digest = (await File.ReadAllTextAsync(path, cancellationToken)).Trim();
            return ArtifactPath.IsDigest(digest) ? digest : throw new CorruptReferenceException(path);
        }
        catch (FileNotFoundException)
        {
            return null;    // removed since it was listed
        }
    }
}
