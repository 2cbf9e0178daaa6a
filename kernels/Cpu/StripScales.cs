using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu;

/// <summary>What a block's sums of codes are worth. Σ x q is exact in integers; how it is scaled is one or two fused multiply-adds, the same at every width.</summary>
internal unsafe interface IStripScales
{
    /// <summary>Bytes behind a block's codes.</summary>
    static abstract int Bytes { get; }

    /// <summary>Bytes for each 8 blocks, which lie before the first block of a strip.</summary>
    static abstract int HeadBytes { get; }

    /// <summary>Bytes before those.</summary>
    static abstract int UnitBytes { get; }

    /// <summary>What halves of a strip are multiplied by, <see cref="HalfScales.Load512(byte*, float)"/>.</summary>
    static abstract float Unit(byte* strip);

    /// <summary>What one token's sums are multiplied by.</summary>
    static abstract Vector512<float> Scale512(byte* scales, byte* head, float unit);

    /// <summary>What else a block has for each row.</summary>
    static abstract Vector512<int> Rest512(byte* scales, byte* head, float unit);

    /// <summary>Adds a block's product: v are codes, x and <paramref name="figures"/> a token's.</summary>
    static abstract Vector512<float> Add512(
        Vector512<float> total, Vector512<byte> v0, Vector512<byte> v1, Vector512<byte> v2, Vector512<byte> v3, Vector512<byte> v4, Vector512<byte> v5, Vector512<byte> v6, Vector512<byte> v7,
        sbyte* x, Vector512<float> scale, Vector512<int> rest, BlockFigures* figures);

    /// <summary>The same from Σ x q over the first 16 inputs and over the others, eight rows.</summary>
    static abstract Vector256<float> Add256(Vector256<float> total, Vector256<int> first, Vector256<int> other, byte* scales, byte* head, float unit, int row, in BlockFigures figures);

    /// <summary>One row.</summary>
    static abstract float Add(float total, int first, int other, byte* scales, byte* head, float unit, int row, in BlockFigures figures);
}

/// <summary>A half for each row; all codes lie around 8.</summary>
internal readonly unsafe struct AroundMiddle : IStripScales
{
    public static int Bytes => HalfScales.Bytes;

    public static int HeadBytes => 0;

    public static int UnitBytes => 0;

    public static float Unit(byte* strip) => HalfScales.Bias;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale512(byte* scales, byte* head, float unit) => HalfScales.Load512(scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Rest512(byte* scales, byte* head, float unit) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add512(
        Vector512<float> total, Vector512<byte> v0, Vector512<byte> v1, Vector512<byte> v2, Vector512<byte> v3, Vector512<byte> v4, Vector512<byte> v5, Vector512<byte> v6, Vector512<byte> v7,
        sbyte* x, Vector512<float> scale, Vector512<int> rest, BlockFigures* figures)
    {
        var dot = StripDot.OfNibbles(v0, v1, v2, v3, v4, v5, v6, v7, x) - Vector512.Create(figures->AroundMiddle4);
        return Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(dot), scale * Vector512.Create(figures->Scale), total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add256(Vector256<float> total, Vector256<int> first, Vector256<int> other, byte* scales, byte* head, float unit, int row, in BlockFigures figures)
    {
        var dot = first + other - Vector256.Create(figures.AroundMiddle4);
        return Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(dot), HalfScales.Load256(scales + (row * sizeof(ushort))) * Vector256.Create(figures.Scale), total);
    }

    public static float Add(float total, int first, int other, byte* scales, byte* head, float unit, int row, in BlockFigures figures) =>
        MathF.FusedMultiplyAdd(first + other - figures.AroundMiddle4, (float)((Half*)scales)[row] * figures.Scale, total);
}

/// <summary>A half and a zero point for each row: Σ x (q − z) = Σ x q − z Σ x. A half times a zero point is exact in f32 (11 and 4 bits).</summary>
internal readonly unsafe struct WithZeros : IStripScales
{
    public static int Bytes => HalfScales.Bytes + StripLayout.Rows;

    public static int HeadBytes => 0;

    public static int UnitBytes => 0;

    public static float Unit(byte* strip) => HalfScales.Bias;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale512(byte* scales, byte* head, float unit) => HalfScales.Load512(scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Rest512(byte* scales, byte* head, float unit) =>
        (HalfScales.Load512(scales) * Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(scales + HalfScales.Bytes)))).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add512(
        Vector512<float> total, Vector512<byte> v0, Vector512<byte> v1, Vector512<byte> v2, Vector512<byte> v3, Vector512<byte> v4, Vector512<byte> v5, Vector512<byte> v6, Vector512<byte> v7,
        sbyte* x, Vector512<float> scale, Vector512<int> rest, BlockFigures* figures) =>
        WithMinimums.Add512(total, v0, v1, v2, v3, v4, v5, v6, v7, x, scale, rest, figures);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add256(Vector256<float> total, Vector256<int> first, Vector256<int> other, byte* scales, byte* head, float unit, int row, in BlockFigures figures)
    {
        var scale = HalfScales.Load256(scales + (row * sizeof(ushort)));
        return WithMinimums.Add256(total, first + other, scale, scale * Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(scales + HalfScales.Bytes + row)), figures);
    }

    public static float Add(float total, int first, int other, byte* scales, byte* head, float unit, int row, in BlockFigures figures)
    {
        var scale = (float)((Half*)scales)[row];
        return WithMinimums.Add(total, first + other, scale, scale * scales[HalfScales.Bytes + row], figures);
    }
}
