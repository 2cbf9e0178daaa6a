using System.Runtime.InteropServices;

namespace InternPlatform.Kernels.Cpu;

/// <summary>One token of one layer's cache, laid out as <see cref="KvLayout"/> says.</summary>
public static class KvBlock
{
    private const int Tokens = KvLayout.BlockTokens;

    /// <summary>Stores the keys and values of one token: integers as round((x − min) / scale), scale = (max − min) / (2^bits − 1), for each head.</summary>
    /// <param name="keys">[G, D].</param>
    /// <param name="values">[G, D].</param>
    /// <param name="cache">The layer's cache.</param>
    /// <param name="block">Block id.</param>
    /// <param name="slot">Place inside the block, 0 … 15.</param>
    /// <param name="layout">Of the cache.</param>
    /// <exception cref="ArgumentException">A length does not fit G and D, or they cannot be laid out so.</exception>
    public static void Write(ReadOnlySpan<float> keys, ReadOnlySpan<float> values, Span<byte> cache, int block, int slot, KvLayout layout)
    {
        Shape.Require(keys.Length == layout.KvHeads * layout.HeadDim && values.Length == keys.Length, nameof(keys), $"{keys.Length} keys, {values.Length} values, not {layout.KvHeads} x {layout.HeadDim}");
        Shape.Require(layout.Refusal() is null, nameof(layout), $"{layout.Refusal()}");
        for (var g = 0; g < layout.KvHeads; g++)
        {
            var head = Head(cache, block, g, layout);
            var key = keys.Slice(g * layout.HeadDim, layout.HeadDim);
            var value = values.Slice(g * layout.HeadDim, layout.HeadDim);
            switch (layout.Format)
            {
                case KvFormat.Bits32:
                    WriteFloats(MemoryMarshal.Cast<byte, float>(head), key, value, slot);
                    break;
                case KvFormat.Bits16:
                    WriteHalves(MemoryMarshal.Cast<byte, Half>(head), key, value, slot);
                    break;
                default:
                    WriteCodes(head[..layout.PlaneBytes], key, slot, layout, isKey: true, Scales(head, layout));
                    WriteCodes(head.Slice(layout.PlaneBytes, layout.PlaneBytes), value, slot, layout, isKey: false, Scales(head, layout)[(2 * Tokens)..]);
                    break;
            }
        }
    }

    /// <summary>What is stored of one token and head, as floats.</summary>
    /// <param name="cache">The layer's cache.</param>
    /// <param name="block">Block id.</param>
    /// <param name="slot">Place inside the block.</param>
    /// <param name="kvHead">Head.</param>
    /// <param name="layout">Of the cache.</param>
    /// <param name="key">Destination, [D].</param>
    /// <param name="value">Destination, [D].</param>
    public static void Read(ReadOnlySpan<byte> cache, int block, int slot, int kvHead, KvLayout layout, Span<float> key, Span<float> value)
    {
        var head = cache.Slice((block * layout.BlockBytes) + (kvHead * layout.HeadBytes), layout.HeadBytes);
        var scales = layout.HasScales ? MemoryMarshal.Cast<byte, float>(head[(2 * layout.PlaneBytes)..]) : [];
        for (var d = 0; d < layout.HeadDim; d++)
        {
            key[d] = Element(head[..layout.PlaneBytes], Place(isKey: true, d, slot, layout), layout, scales, slot);
            value[d] = Element(head.Slice(layout.PlaneBytes, layout.PlaneBytes), Place(isKey: false, d, slot, layout), layout, layout.HasScales ? scales[(2 * Tokens)..] : [], slot);
        }
    }

    private static Span<byte> Head(Span<byte> cache, int block, int head, KvLayout layout) =>
        cache.Slice((block * layout.BlockBytes) + (head * layout.HeadBytes), layout.HeadBytes);

    private static Span<float> Scales(Span<byte> head, KvLayout layout) => MemoryMarshal.Cast<byte, float>(head[(2 * layout.PlaneBytes)..]);

    private static void WriteFloats(Span<float> head, ReadOnlySpan<float> key, ReadOnlySpan<float> value, int slot)
    {
        for (var d = 0; d < key.Length; d++)
        {
            head[(d * Tokens) + slot] = key[d];
        }

        value.CopyTo(head[((Tokens + slot) * key.Length)..]);
    }

    private static void WriteHalves(Span<Half> head, ReadOnlySpan<float> key, ReadOnlySpan<float> value, int slot)
    {
        var values = head[((Tokens + slot) * key.Length)..];
        for (var d = 0; d < key.Length; d++)
        {
            head[(d * Tokens) + slot] = Finite(key[d]);
            values[d] = Finite(value[d]);
        }
    }

    /// <summary>What is too large is stored as the largest half: the kernels read no infinity.</summary>
    private static Half Finite(float x) => (Half)Math.Clamp(x, (float)Half.MinValue, (float)Half.MaxValue);

    private static void WriteCodes(Span<byte> plane, ReadOnlySpan<float> x, int slot, KvLayout layout, bool isKey, Span<float> scales)
    {
        var (min, max) = (x[0], x[0]);
        foreach (var value in x)
        {
            (min, max) = (Math.Min(min, value), Math.Max(max, value));
        }

        var most = (1 << layout.Bits) - 1;
        var scale = (max - min) / most;
        var perScale = scale > 0 ? 1 / scale : 0;
        (scales[slot], scales[Tokens + slot]) = (scale, min);
        for (var d = 0; d < x.Length; d++)
        {
            var code = (byte)Math.Clamp(MathF.Round((x[d] - min) * perScale), 0, most);
            var (at, shift) = Place(isKey, d, slot, layout);
            plane[at] = layout.Bits == 8 ? code : (byte)((plane[at] & (0xF0 >> shift)) | (code << shift));
        }
    }

    /// <summary>Where an element of a plane lies, in elements or, where two share a byte, in bytes, and how far it is shifted there.</summary>
    private static (int At, int Shift) Place(bool isKey, int d, int slot, KvLayout layout)
    {
        var half = layout.HeadDim / 2;
        return (isKey, layout.Bits) switch
        {
            (true, 4) => ((d % half * Tokens) + slot, d < half ? 0 : 4),
            (false, 4) => ((slot * half) + (d / 32 * 16) + (d % 16), (d & 16) == 0 ? 0 : 4),
            (true, _) => ((d * Tokens) + slot, 0),
            (false, _) => ((slot * layout.HeadDim) + d, 0),
        };
    }

    private static float Element(ReadOnlySpan<byte> plane, (int At, int Shift) place, KvLayout layout, ReadOnlySpan<float> scales, int slot) => layout.Format switch
    {
        KvFormat.Bits32 => MemoryMarshal.Cast<byte, float>(plane)[place.At],
        KvFormat.Bits16 => (float)MemoryMarshal.Cast<byte, Half>(plane)[place.At],
        KvFormat.Bits8 => scales[Tokens + slot] + (plane[place.At] * scales[slot]),
        _ => scales[Tokens + slot] + (((plane[place.At] >> place.Shift) & 15) * scales[slot]),
    };
}
