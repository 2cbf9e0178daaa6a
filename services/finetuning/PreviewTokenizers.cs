using System.Collections.Concurrent;
using InternPlatform.Artifacts;
using InternPlatform.Tokenization;

namespace InternPlatform.Finetuning;

/// <summary>Tokenizers of base models that were looked at lately; an artefact never changes.</summary>
internal sealed class PreviewTokenizers
{
    private const int Kept = 8;
    private static readonly string[] Files = ["tokenizer.json", "tokenizer_config.json"];
    private readonly ConcurrentDictionary<string, Tokenizer> tokenizers = new(StringComparer.Ordinal);

    /// <exception cref="Jobs.JobFailedException">There is no such model, or its tokenizer cannot be read.</exception>
    public async Task<Tokenizer> OfAsync(IArtifactStore store, string modelArtifactId, CancellationToken cancellationToken)
    {
        if (tokenizers.TryGetValue(modelArtifactId, out var known))
        {
            return known;
        }

        var tokenizer = await LoadAsync(store, modelArtifactId, cancellationToken);
        if (tokenizers.Count >= Kept)
        {
            tokenizers.Clear();
        }

        tokenizers[modelArtifactId] = tokenizer;
        return tokenizer;
    }

    private static async Task<Tokenizer> LoadAsync(IArtifactStore store, string modelArtifactId, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("intern-preview-").FullName;
        try
        {
            var manifest = await BaseModel.RequireModelAsync(store, modelArtifactId, cancellationToken);
            foreach (var file in Files.Where(name => manifest.Files.Any(file => file.Path == name)))
            {
                await using var from = await store.OpenFileAsync(modelArtifactId, file, cancellationToken);
                await using var to = File.Create(Path.Combine(folder, file));
                await from.CopyToAsync(to, cancellationToken);
            }

            return Tokenizer.Load(folder);
        }
        catch (Exception e) when (e is ArtifactNotFoundException or InvalidManifestException or CorruptArtifactException)
        {
            throw Problems.InputUnusable("base model", modelArtifactId, e.Message);
        }
        catch (InvalidTokenizerException e)
        {
            throw Problems.InputUnusable("base model", modelArtifactId, $"{Path.GetFileName(e.File)}: {e.Reason}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
