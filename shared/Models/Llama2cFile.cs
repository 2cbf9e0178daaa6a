using System.Runtime.InteropServices;

namespace InternPlatform.Models;

/// <summary>
/// A model of Karpathy's llama2.c, version 0 (legacy), 1 or 2, mapped into memory. The format has no checksum and version 0
/// not even a magic: a file is one if its length is exactly what the sizes in its header make.
/// </summary>
/// <remarks>Formats: <c>export.py</c> of llama2.c. Rows of queries and keys are interleaved there and half-split here.</remarks>
public sealed class Llama2cFile : IModelSource
{
    private readonly MappedFile file;
    private readonly Llama2cHeader header;
    private readonly Dictionary<string, (long Offset, long Values, bool IsQuantized)> weights = new(StringComparer.Ordinal);

    private Llama2cFile(string path, MappedFile file)
    {
        Path = path;
        this.file = file;
        header = Llama2cHeader.Parse(path, file.Span(0, (int)Math.Min(file.Length, 256)));
        PlaceWeights();
    }

    /// <inheritdoc />
    public string Path { get; }

    /// <inheritdoc />
    public ModelConfig Config => header.Config;

    /// <summary>0, 1 or 2; weights of version 2 are in 8 bits but for the norms.</summary>
    public int Version => header.Version;

    /// <summary>Opens a file and checks its header against its length.</summary>
    /// <exception cref="InvalidModelException">The file is missing, or no whole llama2.c model.</exception>
    public static Llama2cFile Open(string path)
    {
        var info = new FileInfo(path);
        if (!info.Exists || info.Length < Llama2cHeader.LegacyBytes)
        {
            throw new InvalidModelException(path, info.Exists ? $"the file has {info.Length} bytes, too few for a llama2.c model." : "the file does not exist.");
        }

        var file = new MappedFile(path);
        try
        {
            ModelFile.ThrowIfLfsPointer(path, file.Span(0, (int)Math.Min(64, file.Length)));
            return new Llama2cFile(path, file);
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
        if (!weights.TryGetValue(weightName, out var weight))
        {
            throw new InvalidModelException(Path, $"there is no weight '{weightName}'.");
        }

        if (weight.Values > int.MaxValue / sizeof(float))
        {
            throw new InvalidModelException(Path, $"'{weightName}' has {weight.Values} values, too many to look at as one piece.");
        }

        var values = weight.IsQuantized ? Dequantized(weight.Offset, (int)weight.Values) : Floats(weight.Offset, (int)weight.Values).ToArray();
        return RotaryPairs.OfWeight(RotaryPairs.Split, weightName, values, Config);
    }

    /// <inheritdoc />
    public void Dispose() => file.Dispose();

    private void PlaceWeights()
    {
        var end = (long)header.Bytes;
        foreach (var (name, shape) in Llama2cLayout.Of(Config, Version))
        {
            var values = shape.Aggregate(1L, (product, size) => product * size);
            var isQuantized = Version == 2 && shape.Length == 2;
            if (name is not null)
            {
                weights.Add(name, (end, values, isQuantized));
            }

            end += isQuantized ? values + (values / header.GroupSize * sizeof(float)) : values * sizeof(float);
        }

        if (end != file.Length)
        {
            throw new InvalidModelException(Path, $"the sizes in its header make a llama2.c model of {end} bytes, but the file has {file.Length}.");
        }
    }

    private ReadOnlySpan<float> Floats(long offset, int count) => MemoryMarshal.Cast<byte, float>(file.Span(offset, count * sizeof(float)));

    /// <summary>All codes of a matrix come first, then all its scales; groups do not mind rows.</summary>
    private float[] Dequantized(long offset, int count)
    {
        var codes = MemoryMarshal.Cast<byte, sbyte>(file.Span(offset, count));
        var scales = Floats(offset + count, count / header.GroupSize);
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = codes[i] * scales[i / header.GroupSize];
        }

        return values;
    }
}
