using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu.Training;

/// <summary>bfloat16, stored as the upper 16 bits of a float32, read and written eight at a time.</summary>
internal static class Bf16
{
    /// <summary>Eight values starting at <paramref name="offset"/> as float32; exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ReadOnlySpan<ushort> source, int offset)
    {
        var packed = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(source), (nuint)offset);
        var wide = Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(packed).AsUInt32()
            : Vector256.Create(Vector128.WidenLower(packed), Vector128.WidenUpper(packed));
        return Vector256.ShiftLeft(wide, 16).AsSingle();
    }

    /// <summary>Writes eight values, rounded to nearest even. NaN must not occur: its payload could round to infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> values, Span<ushort> destination, int offset)
    {
        var bits = values.AsUInt32();
        var odd = Vector256.ShiftRightLogical(bits, 16) & Vector256.Create(1u);
        var rounded = Vector256.ShiftRightLogical(bits + Vector256.Create(0x7fffu) + odd, 16);
        Vector128.Narrow(rounded.GetLower(), rounded.GetUpper()).StoreUnsafe(ref MemoryMarshal.GetReference(destination), (nuint)offset);
    }

    /// <summary>One value as float32; exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>One value rounded to nearest even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort FromSingle(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7fffu + ((bits >> 16) & 1)) >> 16);
    }
}
