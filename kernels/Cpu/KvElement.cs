using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu;

/// <summary>How attention reads an element of the cache; integers come out as codes, their scales are applied to sums.</summary>
internal unsafe interface IKvElement
{
    static abstract bool HasScales { get; }

    /// <summary>Dimension d of the keys of a block's 16 tokens.</summary>
    static abstract Vector512<float> Keys(byte* keys, int d, int headDim);

    /// <summary>Dimensions d to d + 15 of one token's values; d is a multiple of 16, and of what belongs to it in one read.</summary>
    static abstract Vector512<float> Values(byte* row, int d);

    /// <summary>One dimension of one token's values.</summary>
    static abstract float Value(byte* row, int d);
}

internal readonly unsafe struct Float32Kv : IKvElement
{
    public static bool HasScales => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Keys(byte* keys, int d, int headDim) => Vector512.Load((float*)keys + (d * KvLayout.BlockTokens));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Values(byte* row, int d) => Vector512.Load((float*)row + d);

    public static float Value(byte* row, int d) => ((float*)row)[d];
}

internal readonly unsafe struct Float16Kv : IKvElement
{
    public static bool HasScales => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Keys(byte* keys, int d, int headDim) => HalfScales.Load512(keys + (d * KvLayout.BlockTokens * sizeof(ushort)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Values(byte* row, int d) => HalfScales.Load512(row + (d * sizeof(ushort)));

    public static float Value(byte* row, int d) => (float)((Half*)row)[d];
}

internal readonly unsafe struct Int8Kv : IKvElement
{
    public static bool HasScales => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Keys(byte* keys, int d, int headDim) => Codes(Vector128.Load(keys + (d * KvLayout.BlockTokens)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Values(byte* row, int d) => Codes(Vector128.Load(row + d));

    public static float Value(byte* row, int d) => row[d];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Codes(Vector128<byte> codes)
    {
        if (Avx512F.IsSupported)
        {
            return Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(codes));
        }

        var (low, high) = Vector128.Widen(codes);
        return Vector512.ConvertToSingle(Vector512.Create(Widened(low), Widened(high)));
    }

    private static Vector256<int> Widened(Vector128<ushort> codes)
    {
        var (low, high) = Vector128.Widen(codes);
        return Vector256.Create(low, high).AsInt32();
    }
}

internal readonly unsafe struct Int4Kv : IKvElement
{
    public static bool HasScales => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Keys(byte* keys, int d, int headDim)
    {
        var half = headDim / 2;
        return d < half ? Low(keys + (d * KvLayout.BlockTokens)) : High(keys + ((d - half) * KvLayout.BlockTokens));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Values(byte* row, int d) => (d & 16) == 0 ? Low(row + (d / 2)) : High(row + ((d - 16) / 2));

    public static float Value(byte* row, int d) => throw new NotSupportedException("Heads are a multiple of 32 dimensions.");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Low(byte* pairs) => Int8Kv.Codes(Vector128.Load(pairs) & Vector128.Create((byte)15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> High(byte* pairs) => Int8Kv.Codes(Vector128.ShiftRightLogical(Vector128.Load(pairs), 4));
}
