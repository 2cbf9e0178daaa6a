using InternPlatform.Tensors;

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
    public DType FloatTypeOf(string weightName) => File.Tensors.GetValueOrDefault(GgufNames.Of(weightName))?.Type switch
    {
        GgufType.F16 => DType.F16,
        GgufType.BF16 => DType.BF16,
        _ => DType.F32,
    };

    /// <inheritdoc />
    public WeightRows RowsOf(string weightName) =>
        new GgufRows(File, File.Tensors[GgufNames.Of(weightName)], isInterleaved ? RotaryPairs.HeadDimOf(weightName, Config) : 0);

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
