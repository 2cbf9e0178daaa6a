using InternPlatform.Tensors;

namespace InternPlatform.Models;

/// <summary>How safetensors spells element types.</summary>
internal static class SafetensorsDTypes
{
    private static readonly Dictionary<string, DType> Types = new(StringComparer.Ordinal)
    {
        ["BOOL"] = DType.Bool,
        ["U8"] = DType.U8,
        ["I8"] = DType.I8,
        ["U16"] = DType.U16,
        ["I16"] = DType.I16,
        ["U32"] = DType.U32,
        ["I32"] = DType.I32,
        ["U64"] = DType.U64,
        ["I64"] = DType.I64,
        ["F16"] = DType.F16,
        ["BF16"] = DType.BF16,
        ["F32"] = DType.F32,
        ["F64"] = DType.F64,
        ["C64"] = DType.C64,
        ["F8_E4M3"] = DType.F8E4M3,
        ["F8_E5M2"] = DType.F8E5M2,
        ["F8_E8M0"] = DType.F8E8M0,
        ["F6_E2M3"] = DType.F6E2M3,
        ["F6_E3M2"] = DType.F6E3M2,
        ["F4"] = DType.F4,
    };

    private static readonly Dictionary<DType, string> Spellings = Types.ToDictionary(pair => pair.Value, pair => pair.Key);

    public static DType? Read(string spelling) => Types.TryGetValue(spelling, out var type) ? type : null;

    public static string Spell(DType type) => Spellings[type];

    /// <summary>Bytes of a tensor; null where they overflow or are not whole.</summary>
    public static long? BytesOf(IReadOnlyList<long> shape, DType type)
    {
        // A zero makes any product zero, but upstream multiplies in order and refuses an overflow before it.
        var bits = (UInt128)1;
        foreach (var size in shape)
        {
            bits *= (ulong)size;
            if (bits > long.MaxValue)
            {
                return null;
            }
        }

        bits *= (uint)type.Bits();
        return bits % 8 == 0 && bits <= long.MaxValue ? (long)(bits / 8) : null;
    }
}
