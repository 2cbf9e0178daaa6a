namespace InternPlatform.Kernels.Cpu;

/// <summary>What keys and values of a cache are stored as.</summary>
public enum KvFormat
{
    /// <summary>As they are computed, single precision.</summary>
    Bits32,

    /// <summary>Half precision.</summary>
    Bits16,

    /// <summary>Integers, with a scale and a zero point for each token and head.</summary>
    Bits8,

    /// <summary>Integers, with a scale and a zero point for each token and head.</summary>
    Bits4,
}

/// <summary>
/// Layout of one layer's paged key-value cache: [block][kv head][keys D x 16 | values 16 x D | scales]. Keys stand token beside token, so that 16 scores come
/// out of one register without a sum across lanes. Scales are there for integers only: f32 [16] scales and [16] zero points of the keys, then of the values.
/// </summary>
/// <param name="KvHeads">G.</param>
/// <param name="HeadDim">D.</param>
/// <param name="Format">Of each element. With 4 bits a byte holds key dimensions d and d + D/2, or value dimensions d and d + 16: D is a multiple of 32.</param>
public sealed record KvLayout(int KvHeads, int HeadDim, KvFormat Format)
{
    /// <summary>Tokens of one block.</summary>
    public const int BlockTokens = 16;

    private const int ScaleValues = 4 * BlockTokens;

    /// <summary>Bytes of one block.</summary>
    public int BlockBytes => KvHeads * HeadBytes;

    /// <summary>Bits of an element.</summary>
    public int Bits => Format switch
    {
        KvFormat.Bits32 => 32,
        KvFormat.Bits16 => 16,
        KvFormat.Bits8 => 8,
        _ => 4,
    };

    /// <summary>Whether each token of a head has scales.</summary>
    public bool HasScales => Format is KvFormat.Bits8 or KvFormat.Bits4;

    /// <summary>Bytes of the keys, or of the values, of one head of a block.</summary>
    internal int PlaneBytes => BlockTokens * HeadDim * Bits / 8;

    internal int HeadBytes => (2 * PlaneBytes) + (HasScales ? ScaleValues * sizeof(float) : 0);

    /// <summary>Why a cache cannot be laid out so, or null.</summary>
    public string? Refusal() => Format == KvFormat.Bits4 && HeadDim % 32 != 0
        ? $"4-bit keys and values need heads of a multiple of 32 dimensions; these have {HeadDim}"
        : null;
}
