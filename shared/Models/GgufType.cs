namespace InternPlatform.Models;

/// <summary>How a tensor of a GGUF file is stored, with ggml's own numbers. Values come in blocks that lie along a row.</summary>
public enum GgufType : uint
{
    /// <summary>IEEE 754 binary32.</summary>
    F32 = 0,

    /// <summary>IEEE 754 binary16.</summary>
    F16 = 1,

    /// <summary>ggml's Q4_0: 32 values of 4 bits and one scale, 18 bytes.</summary>
    Q40 = 2,

    /// <summary>ggml's Q8_0: 32 values of 8 bits and one scale, 34 bytes.</summary>
    Q80 = 8,

    /// <summary>ggml's Q4_K: 256 values of 4 bits, 8 scales and 8 minima of 6 bits, 144 bytes.</summary>
    Q4K = 12,

    /// <summary>ggml's Q6_K: 256 values of 6 bits, 16 scales of 8 bits, 210 bytes.</summary>
    Q6K = 14,

    /// <summary>bfloat16, the upper half of a binary32.</summary>
    BF16 = 30,
}

/// <summary>Sizes and names of GGUF's tensor types.</summary>
internal static class GgufTypes
{
    public const string Read = "F32, F16, BF16, Q8_0, Q4_0, Q4_K and Q6_K";

    public static int BlockValues(this GgufType type) => type switch
    {
        GgufType.Q40 or GgufType.Q80 => 32,
        GgufType.Q4K or GgufType.Q6K => 256,
        _ => 1,
    };

    public static int BlockBytes(this GgufType type) => type switch
    {
        GgufType.F32 => 4,
        GgufType.F16 or GgufType.BF16 => 2,
        GgufType.Q40 => 18,
        GgufType.Q80 => 34,
        GgufType.Q4K => 144,
        GgufType.Q6K => 210,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a tensor type."),
    };

    /// <summary>Bytes of a tensor, [.., row]; null where they overflow, a size is not positive, or rows are not whole blocks.</summary>
    public static long? BytesOf(IReadOnlyList<long> shape, GgufType type)
    {
        var values = (UInt128)1;
        foreach (var size in shape)
        {
            values *= (ulong)size;
            if (size < 1 || values > long.MaxValue)
            {
                return null;
            }
        }

        if (shape.Count == 0 || shape[^1] % type.BlockValues() != 0)
        {
            return null;
        }

        var bytes = values / (uint)type.BlockValues() * (uint)type.BlockBytes();
        return bytes <= long.MaxValue ? (long)bytes : null;
    }

    /// <summary>ggml's name of a type that is not read, as far as it is usual.</summary>
    public static string NameOf(uint number) => number switch
    {
        3 => "Q4_1",
        6 => "Q5_0",
        7 => "Q5_1",
        10 => "Q2_K",
        11 => "Q3_K",
        13 => "Q5_K",
        20 => "IQ4_NL",
        23 => "IQ4_XS",
        28 => "F64",
        39 => "MXFP4",
        _ => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
