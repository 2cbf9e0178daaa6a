using System.Text.Json;
using InternPlatform.Tensors;
using InternPlatform.Tokenization;

namespace InternPlatform.Models;

/// <summary>Writes Hugging Face model folders.</summary>
public static class ModelFolderWriter
{
    /// <summary>Hugging Face's own limit for one file.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    /// <summary>Writes the folder; see the other overload.</summary>
    /// <exception cref="ArgumentException">A weight is missing, given twice, or has another shape than the configuration says.</exception>
    public static void Write(
        string folder, ModelConfig config, Tokenizer tokenizer,
        IReadOnlyList<(string Name, DType DType, long[] Shape, ReadOnlyMemory<byte> Data)> weights) =>
        Write(folder, config, tokenizer, weights, DefaultShardBytes);

    /// <summary>
    /// Writes <c>config.json</c>, <c>generation_config.json</c>, the tokenizer's files, and the weights: in one file, or
    /// in numbered ones with an index where they have more than <paramref name="maxShardBytes"/>. An older model in the
    /// folder is replaced; other files stay. <c>config.json</c> goes first and comes last, so that a folder with one is whole.
    /// </summary>
    /// <exception cref="ArgumentException">A weight is missing, given twice, or has another shape than the configuration says.</exception>
    public static void Write(
        string folder, ModelConfig config, Tokenizer tokenizer,
        IReadOnlyList<(string Name, DType DType, long[] Shape, ReadOnlyMemory<byte> Data)> weights, long maxShardBytes)
    {
        var configJson = config.ToJson();
        ThrowIfUnfit(config, tokenizer, weights);
        Directory.CreateDirectory(folder);
        RemoveOldModel(folder);
        WriteWeights(folder, weights, maxShardBytes);
        tokenizer.Save(folder);
        WriteJson(Path.Combine(folder, "generation_config.json"), writer => ModelConfigJson.WriteTokenIds(writer, config));
        ModelFile.Write(Path.Combine(folder, "config.json"), stream => stream.Write(configJson));
    }

    private static void ThrowIfUnfit(ModelConfig config, Tokenizer tokenizer, IReadOnlyList<(string Name, DType DType, long[] Shape, ReadOnlyMemory<byte> Data)> weights)
    {
        if (tokenizer.VocabularySize > config.VocabularySize)
        {
            throw new ArgumentException($"The tokenizer has {tokenizer.VocabularySize} tokens, the model {config.VocabularySize}.", nameof(tokenizer));
        }

        if (weights.CountBy(weight => weight.Name).FirstOrDefault(name => name.Value > 1).Key is { } twice)
        {
            throw new ArgumentException($"The weight '{twice}' is given twice.", nameof(weights));
        }

        var given = weights.ToDictionary(weight => weight.Name, StringComparer.Ordinal);
        foreach (var needed in StoredTensors.Of(config))
        {
            if (!given.TryGetValue(needed.Name, out var weight) || !needed.Fits(weight.DType, weight.Shape))
            {
                throw new ArgumentException($"The weight {needed} must be given.", nameof(weights));
            }
        }
    }

    private static void RemoveOldModel(string folder)
    {
        File.Delete(Path.Combine(folder, "config.json"));
        File.Delete(Path.Combine(folder, ModelWeights.IndexFile));
        File.Delete(Path.Combine(folder, ModelWeights.SingleFile));
        foreach (var shard in Directory.EnumerateFiles(folder, "model-?????-of-?????.safetensors"))
        {
            File.Delete(shard);
        }
    }

    private static void WriteWeights(string folder, IReadOnlyList<(string Name, DType DType, long[] Shape, ReadOnlyMemory<byte> Data)> weights, long maxShardBytes)
    {
        var shards = new List<List<(string Name, DType DType, long[] Shape, ReadOnlyMemory<byte> Data)>> { new() };
        var bytes = 0L;
        foreach (var weight in weights)
        {
            if (bytes > 0 && bytes + weight.Data.Length > maxShardBytes)
            {
                shards.Add([]);
                bytes = 0;
            }

            shards[^1].Add(weight);
            bytes += weight.Data.Length;
        }

        if (shards.Count == 1)
        {
            SafetensorsWriter.Write(Path.Combine(folder, ModelWeights.SingleFile), shards[0]);
            return;
        }

        var fileOf = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < shards.Count; i++)
        {
            var file = $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors";
            SafetensorsWriter.Write(Path.Combine(folder, file), shards[i]);
            shards[i].ForEach(weight => fileOf.Add(weight.Name, file));
        }

        WriteIndex(folder, fileOf, weights.Sum(weight => (long)weight.Data.Length));
    }

    private static void WriteIndex(string folder, SortedDictionary<string, string> fileOf, long totalBytes) =>
        WriteJson(Path.Combine(folder, ModelWeights.IndexFile), writer =>
        {
            writer.WriteStartObject("metadata");
            writer.WriteNumber("total_size", totalBytes);
            writer.WriteEndObject();
            writer.WriteStartObject("weight_map");
            foreach (var (name, file) in fileOf)
            {
                writer.WriteString(name, file);
            }

            writer.WriteEndObject();
        });

    private static void WriteJson(string path, Action<Utf8JsonWriter> writeMembers) => ModelFile.Write(path, stream =>
    {
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writeMembers(writer);
        writer.WriteEndObject();
    });
}
