using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// Integer sums of a block's rows with vectors of 128 bits that every machine has, such as NEON's: four rows in a vector, their codes taken out of each 32 bits
/// one after the other. Tested where wider vectors are left out on purpose; not yet on a machine that has no others.
/// </summary>
internal static unsafe class PortableDot
{
    /// <summary>Rows of a vector.</summary>
    public const int Rows = 4;

    /// <summary>Adds Σ x q over four inputs to each of four rows.</summary>
    /// <param name="codes">Four codes of each row, side by side, 0 to 255.</param>
    /// <param name="x">Four activations.</param>
    /// <param name="dots">Four sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector128<byte> codes, sbyte* x, int* dots)
    {
        var (fours, mask) = (codes.AsInt32(), Vector128.Create(255));
        var dot = Vector128.Load(dots);
        dot += (fours & mask) * Vector128.Create((int)x[0]);
        dot += ((fours >>> 8) & mask) * Vector128.Create((int)x[1]);
        dot += ((fours >>> 16) & mask) * Vector128.Create((int)x[2]);
        dot += (fours >>> 24) * Vector128.Create((int)x[3]);
        dot.Store(dots);
    }
}
