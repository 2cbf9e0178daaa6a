using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu;

/// <summary>Takes the zero point out of a block's sum: Σ x (q − z) = Σ x q − z Σ x.</summary>
internal unsafe interface IZeroPoint
{
    /// <summary>Bytes of zero points in a block.</summary>
    static abstract int Bytes { get; }

    static abstract Vector512<int> Centre(Vector512<int> dot, byte* zeros, int sum);

    static abstract Vector256<int> Centre(Vector256<int> dot, byte* zeros, int sum);

    static abstract int Centre(int dot, byte* zeros, int sum);
}

/// <summary>All codes lie around 8.</summary>
internal readonly unsafe struct AroundMiddle : IZeroPoint
{
    public static int Bytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Centre(Vector512<int> dot, byte* zeros, int sum) => dot - Vector512.Create(MatMulInt4.Middle * sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Centre(Vector256<int> dot, byte* zeros, int sum) => dot - Vector256.Create(MatMulInt4.Middle * sum);

    public static int Centre(int dot, byte* zeros, int sum) => dot - (MatMulInt4.Middle * sum);
}

/// <summary>Each row of a block has a zero point of its own.</summary>
internal readonly unsafe struct WithZeros : IZeroPoint
{
    public static int Bytes => StripLayout.Rows;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Centre(Vector512<int> dot, byte* zeros, int sum) => dot - (Avx512F.ConvertToVector512Int32(Vector128.Load(zeros)) * Vector512.Create(sum));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Centre(Vector256<int> dot, byte* zeros, int sum) => dot - (Avx2.ConvertToVector256Int32(zeros) * Vector256.Create(sum));

    public static int Centre(int dot, byte* zeros, int sum) => dot - (*zeros * sum);
}
