using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu.Training;

/// <summary>How a stored number becomes eight float32 lanes and back: one kernel serves float32 and bfloat16 memory.</summary>
internal interface IElement<T>
    where T : struct
{
    static abstract Vector256<float> Load(ReadOnlySpan<T> source, int offset);

    static abstract void Store(Vector256<float> values, Span<T> destination, int offset);

    static abstract float ToSingle(T value);

    static abstract T FromSingle(float value);
}

internal readonly struct Single32 : IElement<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ReadOnlySpan<float> source, int offset) => Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(source), (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> values, Span<float> destination, int offset) =>
        values.StoreUnsafe(ref MemoryMarshal.GetReference(destination), (nuint)offset);

    public static float ToSingle(float value) => value;

    public static float FromSingle(float value) => value;
}

internal readonly struct Brain16 : IElement<ushort>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ReadOnlySpan<ushort> source, int offset) => Bf16.Load(source, offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> values, Span<ushort> destination, int offset) => Bf16.Store(values, destination, offset);

    public static float ToSingle(ushort value) => Bf16.ToSingle(value);

    public static ushort FromSingle(float value) => Bf16.FromSingle(value);
}
