namespace InternPlatform.Models;

/// <summary>A model in a GGUF file as llama.cpp's converter writes it. Opening checks that every weight is there in the shape that the metadata make.</summary>
public sealed class GgufModel : IModelSource
{
    private readonly bool isInterleaved;

    private GgufModel(GgufFile file)
    {
        File = file;
        Config = GgufConfig.Read(file);
        isInterleaved = GgufConfig.IsInterleaved((string)file.Metadata["general.architecture"]);
        foreach (var (name, shape) in WeightNames.All(Config))
        {
            ThrowIfUnfit(GgufNames.Of(name), shape);
        }
    }

    /// <inheritdoc />
    public string Path => File.Path;

    /// <inheritdoc />
    public ModelConfig Config { get; }

    /// <summary>The file itself: its metadata, and tensors as they are stored.</summary>
    public GgufFile File { get; }

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="InvalidModelException">The file is broken, of another architecture, or a weight is missing.</exception>
    public static GgufModel Open(string path)
    {
        var file = GgufFile.Open(path);
        try
        {
            return new GgufModel(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public float[] ReadFloats(string weightName)
    {
        var values = File.ReadFloats(GgufNames.Of(weightName));
        return isInterleaved ? RotaryPairs.OfWeight(RotaryPairs.Split, weightName, values, Config) : values;
    }

    /// <inheritdoc />
    public WeightEncoding? EncodingOf(string weightName) =>
        File.Tensors.TryGetValue(GgufNames.Of(weightName), out var tensor) && tensor.Shape.Count == 2 ? GgufQuantized.EncodingOf(tensor.Type) : null;

    /// <inheritdoc />
    public QuantizedMatrix ReadQuantized(string weightName) => RowsOf(weightName)(0, (int)File.Tensors[GgufNames.Of(weightName)].Shape[0]);

    /// <inheritdoc />
    public Func<int, int, QuantizedMatrix> RowsOf(string weightName)
    {
        var tensor = File.Tensors[GgufNames.Of(weightName)];
        if (GgufQuantized.EncodingOf(tensor.Type) is null)
        {
            throw new InvalidModelException(Path, $"'{tensor.Name}' is of type {tensor.Type}, which is read as floats.");
        }

        var rowBytes = (int)(tensor.Length / tensor.Shape[0]);
        var headDim = isInterleaved ? RotaryPairs.HeadDimOf(weightName, Config) : 0;
        QuantizedMatrix? last = null;
        var reordered = Array.Empty<byte>();
        return (first, count) =>
        {
            var stored = File.Bytes(tensor.Name);
            if (headDim == 0)
            {
                return last = GgufQuantized.Read(Path, tensor, stored.Slice(first * rowBytes, count * rowBytes), last);
            }

            reordered = reordered.Length == count * rowBytes ? reordered : new byte[count * rowBytes];
            for (var i = 0; i < count; i++)
            {
                stored.Slice(RotaryPairs.SplitFrom(first + i, headDim) * rowBytes, rowBytes).CopyTo(reordered.AsSpan(i * rowBytes));
            }

            return last = GgufQuantized.Read(Path, tensor, reordered, last);
        };
    }

    /// <inheritdoc />
    public void Dispose() => File.Dispose();

    private void ThrowIfUnfit(string name, long[] shape)
    {
        if (!File.Tensors.TryGetValue(name, out var tensor))
        {
            throw new InvalidModelException(Path, $"the tensor '{name}' is missing.");
        }

        if (!tensor.Shape.SequenceEqual(shape))
        {
            throw new InvalidModelException(Path, $"'{name}' has the shape [{string.Join(", ", tensor.Shape)}], but the metadata make it [{string.Join(", ", shape)}].");
        }
    }
}
