using System.Runtime.InteropServices;
using InternPlatform.Models;
using InternPlatform.Tensors;

namespace InternPlatform.Tests.Support;

/// <summary>A random low-rank adapter of a small model, in PEFT's form, and the same added to the weights.</summary>
public static class TinyAdapter
{
    public const int Rank = 4;
    public const double Alpha = 8;

    /// <summary>Writes it into the folder.</summary>
    public static void Write(string folder, ModelConfig config, int seed)
    {
        var tensors = new List<(string, DType, long[], ReadOnlyMemory<byte>)>();
        foreach (var (name, shape) in Maps(config))
        {
            var (a, b) = PeftConfig.FactorsOf(name);
            tensors.Add((a, DType.F32, [Rank, shape[1]], Bytes(Factor(a, seed, Rank * shape[1]))));
            tensors.Add((b, DType.F32, [shape[0], Rank], Bytes(Factor(b, seed, shape[0] * Rank))));
        }

        SafetensorsWriter.Write(Path.Combine(folder, PeftConfig.WeightsFile), tensors);
        File.WriteAllBytes(Path.Combine(folder, PeftConfig.FileName), PeftConfig.Write(Rank, Alpha, "tiny"));
    }

    /// <summary>W += α/r · B A, for a weight that it targets.</summary>
    public static void Merge(string name, float[] weight, ModelConfig config, int seed)
    {
        if (Maps(config).FirstOrDefault(map => map.Name == name) is not { Shape: { } shape })
        {
            return;
        }

        var (aName, bName) = PeftConfig.FactorsOf(name);
        var (a, b) = (Factor(aName, seed, Rank * shape[1]), Factor(bName, seed, shape[0] * Rank));
        for (var n = 0; n < shape[0]; n++)
        {
            for (var k = 0; k < shape[1]; k++)
            {
                weight[(n * shape[1]) + k] += (float)(Alpha / Rank * Enumerable.Range(0, Rank).Sum(r => (double)b[(n * Rank) + r] * a[(r * shape[1]) + k]));
            }
        }
    }

    /// <summary>The linear maps inside the layers.</summary>
    private static IEnumerable<(string Name, long[] Shape)> Maps(ModelConfig config) =>
        WeightNames.All(config).Where(weight => weight.Shape.Length == 2 && weight.Name.Contains("_proj", StringComparison.Ordinal));

    private static float[] Factor(string name, int seed, long length)
    {
        var random = new Random(seed + name.Sum(character => character));
        return [.. Enumerable.Range(0, (int)length).Select(_ => (float)((random.NextDouble() - 0.5) / 2))];
    }

    private static ReadOnlyMemory<byte> Bytes(float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();
}
