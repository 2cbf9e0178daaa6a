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

/// <summary>binary16, finite numbers only.</summary>
internal readonly unsafe struct Float16Element : IPanelElement<Half>
{
    public static Vector512<float> Load512(Half* source) => HalfScales.Load512((byte*)source);

    public static Vector256<float> Load256(Half* source) => HalfScales.Load256((byte*)source);
}
