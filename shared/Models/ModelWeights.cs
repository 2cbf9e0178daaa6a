using System.Text.Json;

namespace InternPlatform.Models;

/// <summary>The weights of a folder, in one safetensors file or in several with an index.</summary>
internal sealed class ModelWeights : IDisposable
{
    public const string SingleFile = "model.safetensors";
    public const string IndexFile = "model.safetensors.index.json";

    // As large as a safetensors header may be.
    private const int MaxIndexBytes = 100_000_000;
    private readonly Dictionary<string, SafetensorsFile> files = new(StringComparer.Ordinal);
    private Dictionary<string, StoredWeight> weights = new(StringComparer.Ordinal);

    private ModelWeights()
    {
    }

    public static ModelWeights Open(string folder, ModelConfig config)
    {
        var weights = new ModelWeights();
        try
        {
            weights.OpenFiles(folder);
            if (config.ModelType == ModelFamily.InternLm2)
            {
                weights.Rename(InternLm2Names.Of(config));
            }

            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public StoredWeight? Find(string name) => weights.GetValueOrDefault(name);

    public void Dispose()
    {
        foreach (var file in files.Values)
        {
            file.Dispose();
        }
    }

    private void OpenFiles(string folder)
    {
        if (File.Exists(Path.Combine(folder, SingleFile)))
        {
            var file = OpenFile(folder, SingleFile);
            foreach (var tensor in file.Tensors.Values)
            {
                weights.Add(tensor.Name, new StoredWeight(file, tensor));
            }
        }
        else if (File.Exists(Path.Combine(folder, IndexFile)))
        {
            OpenShards(folder, Path.Combine(folder, IndexFile));
        }
        else
        {
            var pickled = Directory.EnumerateFiles(folder, "pytorch_model*.bin").Any();
            throw new InvalidModelException(folder, pickled
                ? "the weights are pickled (pytorch_model.bin), which can run any code when read. Convert them to safetensors."
                : $"there is neither {SingleFile} nor {IndexFile}.");
        }
    }

    private void OpenShards(string folder, string index)
    {
        using var document = ModelFile.ParseJson(index, ModelFile.Read(index, MaxIndexBytes));
        if (!document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidModelException(index, "there is no 'weight_map'.");
        }

        foreach (var weight in map.EnumerateObject())
        {
            var fileName = weight.Value.ValueKind == JsonValueKind.String ? weight.Value.GetString()! : "";

            // An index is data from somebody else: it must not point out of its folder.
            if (!fileName.EndsWith(".safetensors", StringComparison.Ordinal) || fileName.AsSpan().ContainsAny('/', '\\', '\0'))
            {
                throw new InvalidModelException(index, $"'{weight.Name}' is said to be in '{fileName}', which is not a safetensors file of this folder.");
            }

            var file = files.GetValueOrDefault(fileName) ?? OpenFile(folder, fileName);
            weights.Add(weight.Name, file.Tensors.TryGetValue(weight.Name, out var tensor)
                ? new StoredWeight(file, tensor)
                : throw new InvalidModelException(index, $"'{weight.Name}' is said to be in '{fileName}', but is not."));
        }
    }

    private void Rename(IEnumerable<(string Name, string Stored, GroupedRows? Rows)> names)
    {
        var stored = weights;
        weights = new(StringComparer.Ordinal);
        foreach (var (name, storedName, rows) in names)
        {
            if (stored.TryGetValue(storedName, out var weight))
            {
                weights.Add(name, weight.As(name, rows));
            }
        }
    }

    private SafetensorsFile OpenFile(string folder, string name)
    {
        var file = SafetensorsFile.Open(Path.Combine(folder, name));
        files.Add(name, file);
        return file;
    }
}
