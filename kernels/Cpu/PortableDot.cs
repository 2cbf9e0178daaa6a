using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// Integer sums of a block's rows with vectors of 128 bits that every machine has, such as NEON's: four rows in a vector, their codes taken out of each 32 bits
/// one after the other. Tested where wider vectors are left out on purpose; not yet on a machine that has no others.
/// </summary>
internal static unsafe class PortableDot
{
    private const int Lanes = 4;

    /// <summary>Adds Σ x q over four inputs to each of 16 rows.</summary>
    /// <param name="codes">Four codes of each row, side by side, 0 to 255.</param>
    /// <param name="x">Four activations.</param>
    /// <param name="shift">0, or 4 for the high halves of pairs.</param>
    /// <param name="mask">255, or 15 for halves.</param>
    /// <param name="dots">16 sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(byte* codes, sbyte* x, int shift, int mask, int* dots)
    {
        var few = Vector128.Create(mask);
        for (var row = 0; row < StripLayout.Rows; row += Lanes)
        {
            var packed = Vector128.Load((int*)(codes + (row * StripLayout.Run))) >>> shift;
            var dot = Vector128.Load(dots + row);
            dot += (packed & few) * Vector128.Create((int)x[0]);
            dot += ((packed >>> 8) & few) * Vector128.Create((int)x[1]);
            dot += ((packed >>> 16) & few) * Vector128.Create((int)x[2]);
            dot += ((packed >>> 24) & few) * Vector128.Create((int)x[3]);
            dot.Store(dots + row);
        }
    }
}
