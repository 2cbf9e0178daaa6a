using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// ggml's Q4_K: w = d s q − e m with d and e in halves for each 8 blocks (in the head: 16 d, 16 e), s and m in 6 bits for each block. d s and e m are exact in
/// f32 (11 and 6 bits).
/// </summary>
internal readonly unsafe struct WithMinimums : IStripScales
{
    public static int Bytes => 2 * StripLayout.Rows;

    public static int HeadBytes => 2 * HalfScales.Bytes;

    public static int UnitBytes => StripUnit.Bytes;

    public static float Unit(byte* strip) => *(float*)strip;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale512(byte* scales, byte* head, float unit) =>
        HalfScales.Load512(head, unit) * Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(scales)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Rest512(byte* scales, byte* head, float unit) =>
        (HalfScales.Load512(head + HalfScales.Bytes, unit) * Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(scales + StripLayout.Rows)))).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add512(
        Vector512<float> total, Vector512<byte> v0, Vector512<byte> v1, Vector512<byte> v2, Vector512<byte> v3, Vector512<byte> v4, Vector512<byte> v5, Vector512<byte> v6, Vector512<byte> v7,
        sbyte* x, Vector512<float> scale, Vector512<int> rest, BlockFigures* figures)
    {
        var dot = Vector512.ConvertToSingle(StripDot.OfNibbles(v0, v1, v2, v3, v4, v5, v6, v7, x));
        total = Vector512.FusedMultiplyAdd(dot, scale * Vector512.Create(figures->Scale), total);
        return Vector512.FusedMultiplyAdd(rest.AsSingle(), Vector512.Create(figures->Offset), total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add256(Vector256<float> total, Vector256<int> first, Vector256<int> other, byte* scales, byte* head, float unit, int row, in BlockFigures figures)
    {
        var scale = HalfScales.Load256(head + (row * sizeof(ushort)), unit) * Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(scales + row));
        var minimum = HalfScales.Load256(head + HalfScales.Bytes + (row * sizeof(ushort)), unit) * Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(scales + StripLayout.Rows + row));
        return Add256(total, first + other, scale, minimum, figures);
    }

    /// <summary>total + scale · x scale · dot − minimum · Σx.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add256(Vector256<float> total, Vector256<int> dot, Vector256<float> scale, Vector256<float> minimum, in BlockFigures figures)
    {
        total = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(dot), scale * Vector256.Create(figures.Scale), total);
        return Vector256.FusedMultiplyAdd(minimum, Vector256.Create(figures.Offset), total);
    }

    public static float Add(float total, int first, int other, byte* scales, byte* head, float unit, int row, in BlockFigures figures) =>
        Add(total, first + other, HalfScales.Load(head, row, unit) * scales[row], HalfScales.Load(head + HalfScales.Bytes, row, unit) * scales[StripLayout.Rows + row], figures);

    public static float Add(float total, int dot, float scale, float minimum, in BlockFigures figures) =>
        MathF.FusedMultiplyAdd(minimum, figures.Offset, MathF.FusedMultiplyAdd(dot, scale * figures.Scale, total));
}

/// <summary>
/// ggml's Q6_K: w = d s (q − 32) with d in halves for each 8 blocks (the head) and s in 8 bits for each 16 inputs, those of a row side by side. What d
/// is multiplied by is at most 2 · 16 · 128 · 32 · 127 &lt; 2²⁴, which a float holds exactly; two products of codes are at most 32,004, which 16 bits hold.
/// </summary>
internal readonly unsafe struct HalfBlocks : IStripScales
{
    private const int Middle = 32;
    private const int MiddleBits = 5;

    public static int Bytes => 2 * StripLayout.Rows;

    public static int HeadBytes => HalfScales.Bytes;

    public static int UnitBytes => StripUnit.Bytes;

    public static float Unit(byte* strip) => *(float*)strip;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale512(byte* scales, byte* head, float unit) => HalfScales.Load512(head, unit);

    /// <summary>Both scales of a row times 32, 16 bits each: what the middle is worth.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Rest512(byte* scales, byte* head, float unit) => (Avx512BW.ConvertToVector512Int16(Vector256.Load((sbyte*)scales)) << MiddleBits).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add512(
        Vector512<float> total, Vector512<byte> v0, Vector512<byte> v1, Vector512<byte> v2, Vector512<byte> v3, Vector512<byte> v4, Vector512<byte> v5, Vector512<byte> v6, Vector512<byte> v7,
        sbyte* x, Vector512<float> scale, Vector512<int> rest, BlockFigures* figures)
    {
        var firstScales = ((rest << 16) | (rest & Vector512.Create(0xFFFF))).AsInt16() >> MiddleBits;
        var otherScales = ((rest & Vector512.Create(unchecked((int)0xFFFF0000))) | (rest >>> 16)).AsInt16() >> MiddleBits;
        var dot = Avx512BW.MultiplyAddAdjacent(StripDot.Eight(v0, v1, x), firstScales) + Avx512BW.MultiplyAddAdjacent(StripDot.Eight(v2, v3, x + 8), firstScales)
            + (Avx512BW.MultiplyAddAdjacent(StripDot.Eight(v4, v5, x + 16), otherScales) + Avx512BW.MultiplyAddAdjacent(StripDot.Eight(v6, v7, x + 24), otherScales));
        dot -= Avx512BW.MultiplyAddAdjacent(rest.AsInt16(), Vector512.Create(figures->HalfSums).AsInt16());
        return Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(dot), scale * Vector512.Create(figures->Scale), total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add256(Vector256<float> total, Vector256<int> first, Vector256<int> other, byte* scales, byte* head, float unit, int row, in BlockFigures figures)
    {
        var rest = Avx2.ConvertToVector256Int16((sbyte*)scales + (2 * row)).AsInt32();
        var (firstScale, otherScale) = (rest << 16 >> 16, rest >> 16);
        var dot = (firstScale * (first - Vector256.Create(Middle * figures.FirstSum))) + (otherScale * (other - Vector256.Create(Middle * figures.OtherSum)));
        return Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(dot), HalfScales.Load256(head + (row * sizeof(ushort)), unit) * Vector256.Create(figures.Scale), total);
    }

    public static float Add(float total, int first, int other, byte* scales, byte* head, float unit, int row, in BlockFigures figures)
    {
        var dot = (((sbyte*)scales)[2 * row] * (first - (Middle * figures.FirstSum))) + (((sbyte*)scales)[(2 * row) + 1] * (other - (Middle * figures.OtherSum)));
        return MathF.FusedMultiplyAdd(dot, HalfScales.Load(head, row, unit) * figures.Scale, total);
    }
}
