using InternPlatform.Kernels.Cpu;

namespace InternPlatform.Inference.Engine;

/// <summary>Keys and values of all layers; one array a layer, laid out as <see cref="KvBlock"/> says. Allocated once.</summary>
public sealed class KvCache
{
    private readonly float[][] layers;

    /// <summary>Allocates the cache.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One layer exceeds what an array can hold.</exception>
    public KvCache(int layerCount, int kvHeads, int headDim, int blocks)
    {
        var length = (long)blocks * KvBlock.Length(kvHeads, headDim);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Array.MaxLength, nameof(blocks));
        layers = [.. Enumerable.Range(0, layerCount).Select(_ => GC.AllocateArray<float>((int)length, pinned: true))];
        Blocks = blocks;
    }

    /// <summary>Blocks of the cache.</summary>
    public int Blocks { get; }

    /// <summary>One layer's keys and values.</summary>
    public float[] Layer(int index) => layers[index];
}
