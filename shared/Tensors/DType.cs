namespace InternPlatform.Tensors;

/// <summary>Element types of stored tensors, little-endian where they have several bytes.</summary>
public enum DType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>IEEE 754 binary16: 5 exponent bits, 10 fraction bits.</summary>
    F16,

    /// <summary>bfloat16, the upper half of a binary32: 8 exponent bits, 7 fraction bits.</summary>
    BF16,

    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>IEEE 754 binary64.</summary>
    F64,

    /// <summary>Two binary32: real and imaginary part.</summary>
    C64,

    /// <summary>8-bit float, 4 exponent and 3 fraction bits, no infinity (Micikevicius et al. 2022).</summary>
    F8E4M3,

    /// <summary>8-bit float, 5 exponent and 2 fraction bits (Micikevicius et al. 2022).</summary>
    F8E5M2,

    /// <summary>8-bit power of two, the shared scale of a microscaling block (OCP MX 1.0).</summary>
    F8E8M0,

    /// <summary>6-bit float, 2 exponent and 3 fraction bits (OCP MX 1.0).</summary>
    F6E2M3,

    /// <summary>6-bit float, 3 exponent and 2 fraction bits (OCP MX 1.0).</summary>
    F6E3M2,

    /// <summary>4-bit float, 2 exponent bits and 1 fraction bit (OCP MX 1.0).</summary>
    F4,
}

/// <summary>Sizes of element types.</summary>
public static class DTypeSizes
{
    /// <summary>Bits of one element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a <see cref="DType"/>.</exception>
    public static int Bits(this DType type) => type switch
    {
        DType.F4 => 4,
        DType.F6E2M3 or DType.F6E3M2 => 6,
        DType.Bool or DType.U8 or DType.I8 or DType.F8E4M3 or DType.F8E5M2 or DType.F8E8M0 => 8,
        DType.U16 or DType.I16 or DType.F16 or DType.BF16 => 16,
        DType.U32 or DType.I32 or DType.F32 => 32,
        DType.U64 or DType.I64 or DType.F64 or DType.C64 => 64,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type."),
    };

    /// <summary>Bytes of one element.</summary>
    /// <exception cref="ArgumentException">The elements are smaller than a byte.</exception>
    public static int Bytes(this DType type) => type.Bits() % 8 == 0
        ? type.Bits() / 8
        : throw new ArgumentException($"An element of {type} has {type.Bits()} bits, which are not whole bytes.", nameof(type));
}
