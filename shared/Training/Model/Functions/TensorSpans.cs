using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace InternPlatform.Training.Model.Functions;

/// <summary>A contiguous tensor's memory as numbers, and work on its rows by several threads.</summary>
internal static class TensorSpans
{
    public static Span<float> Singles(this Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    /// <summary>bfloat16 bits.</summary>
    public static Span<ushort> Bits(this Tensor tensor) => MemoryMarshal.Cast<byte, ushort>(tensor.bytes);

    /// <summary>Rows 0 … rows − 1 in as many consecutive blocks as there are threads.</summary>
    public static void Blocks(int rows, Action<int, int, int> run)
    {
        var blocks = BlockCount(rows);
        if (blocks == 1)
        {
            run(0, 0, rows);
            return;
        }

        Parallel.For(0, blocks, block => run(block, (int)((long)rows * block / blocks), (int)((long)rows * (block + 1) / blocks)));
    }

    public static int BlockCount(int rows) => Math.Max(1, Math.Min(get_num_threads(), rows));
}
