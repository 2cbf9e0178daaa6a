using System.Collections.Concurrent;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Models;
using InternPlatform.Tokenization;

namespace InternPlatform.Finetuning;

/// <summary>Tokenizers and shapes of base models that were looked at lately; an artefact never changes.</summary>
internal sealed class PreviewModels
{
    private const int Kept = 8;
    private const string Config = "config.json";
    private static readonly string[] Files = ["tokenizer.json", "tokenizer_config.json", Config];
    private readonly ConcurrentDictionary<string, (Tokenizer Tokenizer, BaseModelShape Shape)> models = new(StringComparer.Ordinal);

    /// <exception cref="Jobs.JobFailedException">There is no such model, or it cannot be read.</exception>
    public async Task<(Tokenizer Tokenizer, BaseModelShape Shape)> OfAsync(IArtifactStore store, string artifactId, CancellationToken cancellationToken)
    {
        if (models.TryGetValue(artifactId, out var known))
        {
            return known;
        }

        var model = await LoadAsync(store, artifactId, cancellationToken);
        if (models.Count >= Kept)
        {
            models.Clear();
        }

        return models[artifactId] = model;
    }

    private static async Task<(Tokenizer Tokenizer, BaseModelShape Shape)> LoadAsync(IArtifactStore store, string artifactId, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("intern-preview-").FullName;
        try
        {
            var manifest = await BaseModel.RequireModelAsync(store, artifactId, cancellationToken);
            foreach (var file in Files.Where(name => manifest.Files.Any(file => file.Path == name)))
            {
                await using var from = await store.OpenFileAsync(artifactId, file, cancellationToken);
                await using var to = File.Create(Path.Combine(folder, file));
                await from.CopyToAsync(to, cancellationToken);
            }

            return (Tokenizer.Load(folder), ShapeOf(ModelConfig.Parse(await ConfigAsync(folder, artifactId, cancellationToken))));
        }
        catch (Exception e) when (e is ArtifactNotFoundException or InvalidManifestException or CorruptArtifactException)
        {
            throw Problems.InputUnusable("base model", artifactId, e.Message);
        }
        catch (InvalidTokenizerException e)
        {
            throw Problems.InputUnusable("base model", artifactId, $"{Path.GetFileName(e.File)}: {e.Reason}");
        }
        catch (InvalidModelException e)
        {
            throw Problems.InputUnusable("base model", artifactId, $"{Path.GetFileName(e.File)}: {e.Reason}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<byte[]> ConfigAsync(string folder, string artifactId, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, Config);
        return File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken) : throw Problems.InputUnusable("base model", artifactId, $"It has no {Config}.");
    }

    private static BaseModelShape ShapeOf(ModelConfig model)
    {
        var (queries, keys) = (model.HeadCount * model.HeadDim, model.KvHeadCount * model.HeadDim);
        return new BaseModelShape
        {
            Parameters = model.ParameterCount(),
            ContextLength = model.ContextLength,
            LinearMaps =
            [
                Map("q_proj", model.HiddenSize, queries), Map("k_proj", model.HiddenSize, keys), Map("v_proj", model.HiddenSize, keys), Map("o_proj", queries, model.HiddenSize),
                Map("gate_proj", model.HiddenSize, model.IntermediateSize), Map("up_proj", model.HiddenSize, model.IntermediateSize), Map("down_proj", model.IntermediateSize, model.HiddenSize),
            ],
        };

        LinearMapShape Map(string name, int inputs, int outputs) => new() { Name = name, Inputs = inputs, Outputs = outputs, Count = model.LayerCount };
    }
}
