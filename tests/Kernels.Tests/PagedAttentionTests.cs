using InternPlatform.Kernels.Cpu;
using Xunit;

namespace InternPlatform.Kernels.Tests;

public sealed class PagedAttentionTests
{
    [Theory]
    [InlineData(1, 1, 8, KvFormat.Bits32)]
    [InlineData(4, 2, 7, KvFormat.Bits32)]
    [InlineData(4, 1, 32, KvFormat.Bits32)]
    [InlineData(2, 2, 80, KvFormat.Bits32)]
    [InlineData(4, 2, 7, KvFormat.Bits16)]
    [InlineData(4, 1, 64, KvFormat.Bits16)]
    [InlineData(2, 2, 80, KvFormat.Bits16)]
    [InlineData(4, 2, 7, KvFormat.Bits8)]
    [InlineData(4, 1, 64, KvFormat.Bits8)]
    [InlineData(2, 2, 80, KvFormat.Bits8)]
    [InlineData(4, 2, 32, KvFormat.Bits4)]
    [InlineData(2, 2, 96, KvFormat.Bits4)]
    [InlineData(2, 1, 128, KvFormat.Bits4)]
    [InlineData(10, 2, 48, KvFormat.Bits32)]
    [InlineData(10, 2, 64, KvFormat.Bits16)]
    [InlineData(6, 1, 7, KvFormat.Bits8)]
    [InlineData(8, 1, 96, KvFormat.Bits4)]
    public void It_equals_its_definition_and_ignores_what_lies_past_the_context(int heads, int kvHeads, int headDim, KvFormat format)
    {
        var layout = new KvLayout(kvHeads, headDim, format);
        foreach (var context in new[] { 1, 7, 16, 17, 130 })
        {
            var table = Enumerable.Range(0, (context + 15) / 16).Select(b => (b * 5) % 11).ToArray();
            var cache = Filled(layout, context, table);
            var query = Values.Normal(heads * headDim, seed: 17);
            var expected = new double[query.Length];
            PagedAttention.Reference(Values.Wide(query), cache, table, context, layout, expected);

            var output = new float[query.Length];
            for (var head = 0; head < kvHeads; head++)
            {
                PagedAttention.Invoke(query, cache, table, context, layout, head, new float[PagedAttention.ScratchLength(context)], output);
            }

            Values.AssertClose(expected, output, 2e-5);
        }
    }

    [Theory]
    [Trait("Category", "Determinism")]
    [InlineData(KvFormat.Bits32)]
    [InlineData(KvFormat.Bits16)]
    [InlineData(KvFormat.Bits8)]
    [InlineData(KvFormat.Bits4)]
    public void A_head_has_the_same_bits_alone_and_beside_others_of_its_group(KvFormat format)
    {
        const int heads = 6, headDim = 64;
        var layout = new KvLayout(1, headDim, format);
        foreach (var context in new[] { 1, 33, 130 })
        {
            var table = Enumerable.Range(0, (context + 15) / 16).Select(b => (b * 5) % 11).ToArray();
            var cache = Filled(layout, context, table);
            var query = Values.Normal(heads * headDim, seed: 18);
            var (together, alone) = (new float[query.Length], new float[query.Length]);
            PagedAttention.Invoke(query, cache, table, context, layout, 0, new float[PagedAttention.ScratchLength(context)], together);
            for (var h = 0; h < heads; h++)
            {
                PagedAttention.Invoke(query.AsSpan(h * headDim, headDim), cache, table, context, layout, 0, new float[PagedAttention.ScratchLength(context)], alone.AsSpan(h * headDim, headDim));
            }

            Assert.Equal(alone, together);
        }
    }

    [Theory]
    [InlineData(KvFormat.Bits32, 0)]
    [InlineData(KvFormat.Bits16, 1 / 2048.0)]
    [InlineData(KvFormat.Bits8, 0.5 / 255)]
    [InlineData(KvFormat.Bits4, 0.5 / 15)]
    public void What_is_stored_is_as_near_as_its_bits_allow(KvFormat format, double share)
    {
        var layout = new KvLayout(2, 32, format);
        var cache = new byte[3 * layout.BlockBytes];
        Array.Fill(cache, (byte)0xFF);
        for (var slot = 0; slot < KvLayout.BlockTokens; slot++)
        {
            KvBlock.Write(Values.Normal(64, seed: slot), Values.Normal(64, seed: 100 + slot), cache, 1, slot, layout);
        }

        var (key, value) = (new float[32], new float[32]);
        for (var slot = 0; slot < KvLayout.BlockTokens; slot++)
        {
            for (var head = 0; head < 2; head++)
            {
                KvBlock.Read(cache, 1, slot, head, layout, key, value);
                AssertNear(Values.Normal(64, seed: slot).AsSpan(head * 32, 32), key, share);
                AssertNear(Values.Normal(64, seed: 100 + slot).AsSpan(head * 32, 32), value, share);
            }
        }

        Assert.All(cache[..layout.BlockBytes].Concat(cache[(2 * layout.BlockBytes)..]), b => Assert.Equal(0xFF, b));
    }

    [Theory]
    [InlineData(KvFormat.Bits16)]
    [InlineData(KvFormat.Bits8)]
    [InlineData(KvFormat.Bits4)]
    public void Equal_numbers_and_large_ones_are_stored_as_finite_ones(KvFormat format)
    {
        var layout = new KvLayout(1, 32, format);
        var cache = new byte[layout.BlockBytes];
        var (key, value) = (new float[32], new float[32]);
        KvBlock.Write([.. Enumerable.Repeat(0.75f, 32)], [.. Enumerable.Repeat(1e6f, 32)], cache, 0, 3, layout);
        KvBlock.Read(cache, 0, 3, 0, layout, key, value);
        Assert.All(key, x => Assert.Equal(0.75f, x));
        Assert.All(value, x => Assert.Equal(format == KvFormat.Bits16 ? 65504 : 1e6f, x));
    }

    [Fact]
    public void Bytes_of_a_block_are_what_its_bits_make_them()
    {
        Assert.Equal([32768, 16384, 8192 + 512, 4096 + 512], Enum.GetValues<KvFormat>().Select(format => new KvLayout(2, 128, format).BlockBytes));
        Assert.Equal(["4-bit keys and values need heads of a multiple of 32 dimensions; these have 48"], Enum.GetValues<KvFormat>().Select(format => new KvLayout(2, 48, format).Refusal()).OfType<string>());
        Assert.Throws<ArgumentException>(() => KvBlock.Write(new float[48], new float[48], new byte[1 << 16], 0, 0, new KvLayout(1, 48, KvFormat.Bits4)));
    }

    private static byte[] Filled(KvLayout layout, int context, int[] table)
    {
        var cache = new byte[11 * layout.BlockBytes];
        Array.Fill(cache, (byte)0xFF);   // as floats, halves and scales: NaN
        for (var t = 0; t < context; t++)
        {
            var width = layout.KvHeads * layout.HeadDim;
            KvBlock.Write(Values.Normal(width, seed: t), Values.Normal(width, seed: 1000 + t), cache, table[t / 16], t % 16, layout);
        }

        return cache;
    }

    private static void AssertNear(ReadOnlySpan<float> expected, float[] stored, double share)
    {
        var (min, max) = (expected[0], expected[0]);
        foreach (var x in expected)
        {
            (min, max) = (Math.Min(min, x), Math.Max(max, x));
        }

        for (var i = 0; i < stored.Length; i++)
        {
            Assert.InRange(stored[i], expected[i] - (share * (max - min)) - 1e-6, expected[i] + (share * (max - min)) + 1e-6);
        }
    }
}
