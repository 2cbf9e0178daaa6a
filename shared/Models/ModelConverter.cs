using InternPlatform.Tensors;
using InternPlatform.Tokenization;

namespace InternPlatform.Models;

/// <summary>Writes a model of any format that is read as another one; for llama2.c see <see cref="Llama2cWriter"/>.</summary>
public static class ModelConverter
{
    private const string TokenizerModel = "tokenizer.ggml.model";

    /// <summary>Opens a model folder, a GGUF file (by its first bytes) or a llama2.c file.</summary>
    /// <exception cref="InvalidModelException">It is none of them, or a broken one.</exception>
    public static IModelSource Open(string path)
    {
        if (Directory.Exists(path))
        {
            return ModelFolder.Open(path);
        }

        return StartsAsGguf(path) ? GgufModel.Open(path) : Llama2cFile.Open(path);
    }

    /// <summary>Writes a Hugging Face folder with weights as floats.</summary>
    /// <param name="folder">Folder to write; see <see cref="ModelFolderWriter"/>.</param>
    /// <param name="source">The model. All its weights are in memory while the folder is written.</param>
    /// <param name="tokenizer">Its tokenizer, which no single file brings along in a form that is read.</param>
    /// <param name="type">F32, F16 or BF16; values are rounded to it.</param>
    /// <exception cref="ArgumentException">The type is another, or the tokenizer has more tokens than the model.</exception>
    /// <exception cref="InvalidModelException">A weight cannot be read.</exception>
    public static void WriteFolder(string folder, IModelSource source, Tokenizer tokenizer, DType type)
    {
        var (spelling, format) = type switch
        {
            DType.F32 => ("float32", GgufType.F32),
            DType.F16 => ("float16", GgufType.F16),
            DType.BF16 => ("bfloat16", GgufType.BF16),
            _ => throw new ArgumentException($"Weights are not written as {type}.", nameof(type)),
        };
        var config = source.Config with { TorchDtype = spelling, Quantization = null };
        var weights = WeightNames.All(config).Select(weight =>
        {
            var values = source.ReadFloats(weight.Name);
            var bytes = new byte[values.Length * type.Bytes()];
            GgufBlocks.Encode(format, values, bytes);
            return (weight.Name, type, weight.Shape, (ReadOnlyMemory<byte>)bytes);
        }).ToList();
        ModelFolderWriter.Write(folder, config, tokenizer, weights);
    }

    /// <summary>
    /// Writes a GGUF file as llama.cpp's converter does. Norms and biases are F32; a matrix whose rows are not whole blocks of
    /// the type is F16. One weight is in memory at a time.
    /// </summary>
    /// <param name="path">File to write; an existing one is replaced.</param>
    /// <param name="source">The model. Where it is a GGUF file, its tokenizer comes along.</param>
    /// <param name="type">For the matrices.</param>
    /// <param name="tokenizer">The tokenizer to write; null: the one of a GGUF file, or none.</param>
    /// <exception cref="NotSupportedException">llama.cpp has no rule that gives the tokenizer's ids.</exception>
    /// <exception cref="ArgumentException">llama.cpp has no place for something of the model.</exception>
    /// <exception cref="InvalidModelException">A weight cannot be read.</exception>
    public static void WriteGguf(string path, IModelSource source, GgufType type, Tokenizer? tokenizer = null) => WriteGguf(path, source, _ => type, tokenizer);

    /// <summary>The same with a type for each matrix, by its name of <see cref="WeightNames"/>.</summary>
    /// <inheritdoc cref="WriteGguf(string, IModelSource, GgufType, Tokenizer)"/>
    public static void WriteGguf(string path, IModelSource source, Func<string, GgufType> type, Tokenizer? tokenizer = null)
    {
        var config = source.Config;
        var metadata = GgufConfig.Write(config);
        var written = metadata.Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        var vocabulary = tokenizer?.ToGguf(config.VocabularySize)
            ?? (source as GgufModel)?.File.Metadata.Where(pair => pair.Key.StartsWith("tokenizer.", StringComparison.Ordinal)).Select(pair => (pair.Key, pair.Value)) ?? [];
        metadata.AddRange(vocabulary.Where(pair => !written.Contains(pair.Key)));

        if (!metadata.Exists(pair => pair.Key == TokenizerModel))
        {
            // llama.cpp opens no file that says nothing of its tokenizer.
            metadata.Add((TokenizerModel, "none"));
        }

        var isInterleaved = GgufConfig.IsInterleaved(GgufConfig.ArchitectureOf(config));
        GgufWriter.Write(path, metadata, [.. WeightNames.All(config).Select(weight => (GgufNames.Of(weight.Name), TypeOf(weight.Shape, type(weight.Name)), weight.Shape, Reader(weight.Name)))]);

        Func<float[]> Reader(string name) => () => isInterleaved
            ? RotaryPairs.OfWeight(RotaryPairs.Interleave, name, source.ReadFloats(name), config)
            : source.ReadFloats(name);
    }

    private static GgufType TypeOf(long[] shape, GgufType type) => shape.Length == 1 ? GgufType.F32
        : shape[^1] % type.BlockValues() != 0 ? GgufType.F16
        : type;

    private static bool StartsAsGguf(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidModelException(path, "there is no such file or folder.");
        }

        using var stream = File.OpenRead(path);
        var start = new byte[4];
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.AsSpan().SequenceEqual("GGUF"u8);
    }
}
