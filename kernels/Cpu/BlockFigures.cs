using System.Runtime.InteropServices;

namespace InternPlatform.Kernels.Cpu;

/// <summary>What a block of activations has besides its codes c, each as a product reads it: one value from memory for all rows.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct BlockFigures
{
    /// <param name="scale">x ≈ scale · c.</param>
    /// <param name="firstSum">Σ c of the first 16.</param>
    /// <param name="otherSum">Σ c of the others.</param>
    public BlockFigures(float scale, int firstSum, int otherSum)
    {
        var sum = firstSum + otherSum;
        (Scale, Offset) = (scale, -sum * scale);
        (AroundMiddle4, AroundMiddle8, HalfSums) = (MatMulInt4.Middle * sum, -MatMulInt8.Offset * sum, (otherSum << 16) | (firstSum & 0xFFFF));
    }

    /// <summary>x ≈ scale · c.</summary>
    public float Scale { get; }

    /// <summary>−scale · Σ c.</summary>
    public float Offset { get; }

    /// <summary>8 Σ c: what 4-bit codes around 8 have too much.</summary>
    internal int AroundMiddle4 { get; }

    /// <summary>−128 Σ c: what makes up for 8-bit codes from 0 on.</summary>
    internal int AroundMiddle8 { get; }

    /// <summary>Σ c of the first 16 in the low 16 bits, of the others in the high ones.</summary>
    internal int HalfSums { get; }

    /// <summary>Σ c of the first 16.</summary>
    public int FirstSum => (short)HalfSums;

    /// <summary>Σ c of the others.</summary>
    public int OtherSum => HalfSums >> 16;
}
