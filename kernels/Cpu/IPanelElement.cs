using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu;

/// <summary>How a stored weight becomes f32 in a register; the matrix loops are written once over it.</summary>
internal unsafe interface IPanelElement<T>
    where T : unmanaged
{
    static abstract Vector512<float> Load512(T* source);

    static abstract Vector256<float> Load256(T* source);
}

internal readonly unsafe struct Float32Element : IPanelElement<float>
{
    public static Vector512<float> Load512(float* source) => Vector512.Load(source);

    public static Vector256<float> Load256(float* source) => Vector256.Load(source);
}

/// <summary>bf16 is the upper half of an f32: widening is a shift.</summary>
internal readonly unsafe struct BFloat16Element : IPanelElement<ushort>
{
    public static Vector512<float> Load512(ushort* source)
    {
        var raw = Vector256.Load(source);
        var wide = Avx512F.IsSupported ? Avx512F.ConvertToVector512UInt32(raw) : Vector512.Create(Vector256.WidenLower(raw), Vector256.WidenUpper(raw));
        return Vector512.ShiftLeft(wide, 16).AsSingle();
    }

    public static Vector256<float> Load256(ushort* source)
    {
        var raw = Vector128.Load(source);
        return Vector256.ShiftLeft(Vector256.Create(Vector128.WidenLower(raw), Vector128.WidenUpper(raw)), 16).AsSingle();
    }
}

/// <summary>8-bit codes; the row's scale is applied to the sum, not here.</summary>
internal readonly unsafe struct Int8Element : IPanelElement<sbyte>
{
    public static Vector512<float> Load512(sbyte* source) => Vector512.ConvertToSingle(
        Avx512F.IsSupported ? Avx512F.ConvertToVector512Int32(Vector128.Load(source)) : Vector512.Create(Widened(source), Widened(source + 8)));

    public static Vector256<float> Load256(sbyte* source) => Vector256.ConvertToSingle(Avx2.IsSupported ? Avx2.ConvertToVector256Int32(source) : Widened(source));

    private static Vector256<int> Widened(sbyte* source)
    {
        var wide = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)source).AsSByte());
        return Vector256.Create(Vector128.WidenLower(wide), Vector128.WidenUpper(wide));
    }
}
