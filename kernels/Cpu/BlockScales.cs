using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

/// <summary>What a block's sum is multiplied by, besides the activations' scale.</summary>
internal unsafe interface IBlockScale
{
    /// <summary>Bytes of scales in a block.</summary>
    static abstract int Bytes { get; }

    static abstract Vector256<float> Of(byte* halves, Vector256<float> xScale);

    static abstract float Of(byte* half, float xScale);
}

/// <summary>One scale a row, which is multiplied by at the end.</summary>
internal readonly unsafe struct ScaledRows : IBlockScale
{
    public static int Bytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Of(byte* halves, Vector256<float> xScale) => xScale;

    public static float Of(byte* half, float xScale) => xScale;
}

/// <summary>One scale for each row of a block, in half precision.</summary>
internal readonly unsafe struct ScaledBlocks : IBlockScale
{
    public static int Bytes => StripLayout.Rows * sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Of(byte* halves, Vector256<float> xScale) => HalfScales.Load256(halves) * xScale;

    public static float Of(byte* half, float xScale) => (float)*(Half*)half * xScale;
}
