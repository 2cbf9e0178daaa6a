using InternPlatform.Kernels.Cpu;

namespace InternPlatform.Inference.Engine;

/// <summary>Keys and values of all layers; one array a layer. Allocated once.</summary>
public sealed class KvCache
{
    private readonly byte[][] layers;

    /// <summary>Allocates the cache.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One layer exceeds what an array can hold.</exception>
    public KvCache(int layerCount, KvLayout layout, int blocks)
    {
        var length = (long)blocks * layout.BlockBytes;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Array.MaxLength, nameof(blocks));
        layers = [.. Enumerable.Range(0, layerCount).Select(_ => GC.AllocateArray<byte>((int)length, pinned: true))];
        (Layout, Blocks) = (layout, blocks);
    }

    /// <summary>How each layer lies in memory.</summary>
    public KvLayout Layout { get; }

    /// <summary>Blocks of the cache.</summary>
    public int Blocks { get; }

    /// <summary>One layer's keys and values.</summary>
    public byte[] Layer(int index) => layers[index];
}
