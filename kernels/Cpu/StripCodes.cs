using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

/// <summary>How the codes of a block lie: eight times four inputs of 16 rows, as unsigned bytes once they are taken apart.</summary>
internal unsafe interface IStripCodes
{
    /// <summary>Bytes of codes in a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Inputs 4 j to 4 j + 3 of all 16 rows, four bytes a row.</summary>
    static abstract Vector512<byte> Load512(byte* w, int j);

    /// <summary>Of eight rows from <paramref name="row"/> on.</summary>
    static abstract Vector256<byte> Load256(byte* w, int j, int row);

    /// <summary>Of four rows, without an instruction of one machine.</summary>
    static abstract Vector128<byte> Load128(byte* w, int j, int row);

    /// <summary>Input <paramref name="k"/> of a row.</summary>
    static abstract int Load(byte* w, int row, int k);
}

/// <summary>4 bits: byte 64 j + 4 row + c holds input 4 j + c in its low half and input 16 + 4 j + c in its high half.</summary>
internal readonly unsafe struct Nibbles : IStripCodes
{
    private const int Half = StripLayout.BlockInputs / 2 / StripLayout.Run;

    public static int Bytes => StripLayout.Rows * StripLayout.BlockInputs / 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Load512(byte* w, int j) => j < Half
        ? Vector512.Load(w + (64 * j)) & Vector512.Create((byte)15)
        : Vector512.ShiftRightLogical(Vector512.Load(w + (64 * (j - Half))).AsUInt16(), 4).AsByte() & Vector512.Create((byte)15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load256(byte* w, int j, int row)
    {
        var pairs = Vector256.Load(w + (64 * (j % Half)) + (StripLayout.Run * row));
        return (j < Half ? pairs : Vector256.ShiftRightLogical(pairs.AsUInt16(), 4).AsByte()) & Vector256.Create((byte)15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Load128(byte* w, int j, int row)
    {
        var pairs = Vector128.Load(w + (64 * (j % Half)) + (StripLayout.Run * row));
        return (j < Half ? pairs : Vector128.ShiftRightLogical(pairs.AsUInt16(), 4).AsByte()) & Vector128.Create((byte)15);
    }

    public static int Load(byte* w, int row, int k)
    {
        var j = k / StripLayout.Run;
        var pair = w[(64 * (j % Half)) + (StripLayout.Run * row) + (k % StripLayout.Run)];
        return j < Half ? pair & 15 : pair >> 4;
    }

    /// <summary>Packs 32 codes of a row, of which the low four bits are taken.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pack(ReadOnlySpan<sbyte> codes, int row, Span<byte> block)
    {
        const int nibbles = 0x0F0F0F0F;
        var fours = MemoryMarshal.Cast<sbyte, int>(codes);
        var packed = MemoryMarshal.Cast<byte, int>(block[..Bytes]);
        for (var j = 0; j < fours.Length / 2; j++)
        {
            packed[(j * StripLayout.Rows) + row] = (fours[j] & nibbles) | ((fours[j + (fours.Length / 2)] & nibbles) << 4);
        }
    }
}

/// <summary>6 bits: the low four as <see cref="Nibbles"/>, then 2 · 64 bytes, whose bits 2 j and 2 j + 1 are the high ones of four inputs of 16 rows: those of j = 0 to 3, then of j = 4 to 7.</summary>
internal readonly unsafe struct SixBits : IStripCodes
{
    private const byte High = 0x30;

    public static int Bytes => Nibbles.Bytes + (StripLayout.Rows * StripLayout.BlockInputs / 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Load512(byte* w, int j)
    {
        var high = Vector512.Load(w + Nibbles.Bytes + (j / 4 * 64)).AsUInt16();
        var turned = (j % 4) switch { 0 => high << 4, 1 => high << 2, 2 => high, _ => high >>> 2 };
        return Nibbles.Load512(w, j) | (turned.AsByte() & Vector512.Create(High));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load256(byte* w, int j, int row)
    {
        var high = Vector256.Load(w + Nibbles.Bytes + (j / 4 * 64) + (StripLayout.Run * row)).AsUInt16();
        var turned = (j % 4) switch { 0 => high << 4, 1 => high << 2, 2 => high, _ => high >>> 2 };
        return Nibbles.Load256(w, j, row) | (turned.AsByte() & Vector256.Create(High));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Load128(byte* w, int j, int row)
    {
        var high = Vector128.Load(w + Nibbles.Bytes + (j / 4 * 64) + (StripLayout.Run * row)).AsUInt16();
        var turned = (j % 4) switch { 0 => high << 4, 1 => high << 2, 2 => high, _ => high >>> 2 };
        return Nibbles.Load128(w, j, row) | (turned.AsByte() & Vector128.Create(High));
    }

    public static int Load(byte* w, int row, int k)
    {
        var j = k / StripLayout.Run;
        var high = w[Nibbles.Bytes + (j / 4 * 64) + (StripLayout.Run * row) + (k % StripLayout.Run)];
        return Nibbles.Load(w, row, k) | (((high >> (2 * (j % 4))) & 3) << 4);
    }

    /// <summary>Packs 32 codes of a row into a block of zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pack(ReadOnlySpan<sbyte> codes, int row, Span<byte> block)
    {
        const int pairs = 0x03030303;
        Nibbles.Pack(codes, row, block);
        var fours = MemoryMarshal.Cast<sbyte, int>(codes);
        var high = MemoryMarshal.Cast<byte, int>(block[Nibbles.Bytes..Bytes]);
        for (var j = 0; j < fours.Length; j++)
        {
            high[(j / 4 * StripLayout.Rows) + row] |= ((fours[j] >> 4) & pairs) << (2 * (j % 4));
        }
    }
}
