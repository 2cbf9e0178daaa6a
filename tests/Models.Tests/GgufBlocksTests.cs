using System.Buffers.Binary;

namespace InternPlatform.Models.Tests;

public sealed class GgufBlocksTests
{
    [Fact]
    public void A_block_of_Q8_0_by_hand()
    {
        byte[] block = [.. Half(0.5f), .. Enumerable.Range(0, 32).Select(i => (byte)(sbyte)(i - 16))];
        Assert.Equal(Enumerable.Range(0, 32).Select(i => (i - 16) / 2f), Decode(GgufType.Q80, block));
    }

    [Fact]
    public void A_block_of_Q4_0_by_hand()
    {
        byte[] block = [.. Half(-2), .. Enumerable.Range(0, 16).Select(i => (byte)(i | ((15 - i) << 4)))];
        Assert.Equal([.. Enumerable.Range(0, 16).Select(i => -2f * (i - 8)), .. Enumerable.Range(0, 16).Select(i => -2f * (7 - i))], Decode(GgufType.Q40, block));
    }

    [Fact]
    public void A_block_of_Q4_K_by_hand()
    {
        var block = new byte[144];
        Half(1).CopyTo(block, 0);
        Half(2).CopyTo(block, 2);
        block[4 + 1] = 0b11_000101;   // group 1: scale 5; high bits of group 5's scale
        block[4 + 5] = 0b10_000011;   // group 1: minimum 3; high bits of group 5's minimum
        block[4 + 9] = 0b1011_0101;   // group 5: scale 53, minimum 43
        block[16 + 32 * 2 + 3] = 0x7A;   // value 3 of groups 4 (10) and 5 (7)
        block[16 + 31] = 0x90;   // value 31 of groups 0 (0) and 1 (9)
        var values = Decode(GgufType.Q4K, block);
        Assert.Equal(53 * 7 - 2 * 43, values[(5 * 32) + 3]);
        Assert.Equal(-2 * 43, values[(5 * 32) + 4]);
        Assert.Equal(5 * 9 - 2 * 3, values[32 + 31]);
        Assert.Equal(0, values[(4 * 32) + 3]);
    }

    [Fact]
    public void A_block_of_Q6_K_by_hand()
    {
        var block = new byte[210];
        block[64 + 8] = 0xA0;   // low bits of value 128 + 64 + 8: 10
        block[128 + 32 + 8] = 0b01_00_00;   // its high bits: 1
        block[192 + 12] = unchecked((byte)-3);
        Half(0.5f).CopyTo(block, 208);
        var values = Decode(GgufType.Q6K, block);
        Assert.Equal(0.5f * -3 * (10 + 16 - 32), values[200]);
        Assert.Equal(0.5f * -3 * -32, values[201]);
        Assert.Equal(0, values[0]);
    }

    [Theory]
    [InlineData(GgufType.Q4K)]
    [InlineData(GgufType.Q6K)]
    public void Random_blocks_are_what_another_reading_of_the_layout_gives(GgufType type)
    {
        var random = new Random(1);
        var blocks = new byte[50 * type.BlockBytes()];
        random.NextBytes(blocks);
        for (var block = 0; block < 50; block++)
        {
            // Scales of moderate size, so that products are finite.
            var bytes = blocks.AsSpan(block * type.BlockBytes(), type.BlockBytes());
            BinaryPrimitives.WriteHalfLittleEndian(bytes[(type == GgufType.Q4K ? 0 : 208)..], (System.Half)(random.NextDouble() - 0.5));
            BinaryPrimitives.WriteHalfLittleEndian(bytes[(type == GgufType.Q4K ? 2 : 208)..], (System.Half)random.NextDouble());
        }

        var expected = blocks.Chunk(type.BlockBytes()).SelectMany(block => type == GgufType.Q4K ? ReferenceQ4K(block) : ReferenceQ6K(block)).ToArray();
        var values = Decode(type, blocks);
        Assert.All(expected.Zip(values), pair => Assert.Equal(pair.First, pair.Second, 1e-6 * Math.Max(1, Math.Abs(pair.First))));
    }

    [Fact]
    public void Eight_bits_are_rounded_as_ggml_rounds()
    {
        // absmax 127: the scale is 1; halves go away from zero.
        float[] values = [127, -127, 2.5f, -2.5f, 0.5f, 0.49f, -0.5f, 126.5f, .. new float[24]];
        Assert.Equal([.. Half(1), 127, 0x81, 3, 0xFD, 1, 0, 0xFF, 127, .. new byte[24]], Encode(GgufType.Q80, values));
    }

    [Fact]
    public void Four_bits_are_rounded_as_ggml_rounds()
    {
        // The value of largest magnitude is -8, of two the first: scale 1, codes x + 8, and +8 does not fit.
        float[] values = [-8, 8, 7, 0.5f, 0.49f, -0.5f, -0.51f, .. new float[9], 1, .. new float[15]];
        byte[] codes = [0x90, 0x8F, 0x8F, 0x89, 0x88, 0x88, 0x87, .. Enumerable.Repeat((byte)0x88, 9)];
        Assert.Equal([.. Half(1), .. codes], Encode(GgufType.Q40, values));

        // Positive and largest: the scale is negative.
        Assert.Equal([.. Half(-0.5f), 0x80, .. Enumerable.Repeat((byte)0x88, 15)], Encode(GgufType.Q40, [4, .. new float[31]]));
    }

    [Theory]
    [InlineData(GgufType.Q80)]
    [InlineData(GgufType.Q40)]
    public void Errors_stay_within_what_the_documentation_says(GgufType type)
    {
        var random = new Random(2);
        for (var round = 0; round < 500; round++)
        {
            var size = Math.Pow(10, random.Next(-1, 4));
            var values = Enumerable.Range(0, 32).Select(_ => (float)(size * (random.NextDouble() - 0.5))).ToArray();
            var largest = values.MaxBy(Math.Abs);
            var most = Math.Abs(largest);
            var back = Decode(type, Encode(type, values));
            foreach (var (value, read) in values.Zip(back))
            {
                var isOpposite = type == GgufType.Q40 && value * Math.Sign(largest) < -0.9 * most;
                var bound = type == GgufType.Q80 ? most / 254 : isOpposite ? most / 8 : most / 16;
                Assert.InRange(Math.Abs(value - read), 0, bound + (most / 2048) + 1e-7);
            }
        }
    }

    [Theory]
    [InlineData(GgufType.Q80)]
    [InlineData(GgufType.Q40)]
    [InlineData(GgufType.Q4K)]
    [InlineData(GgufType.Q6K)]
    public void Zeros_stay_zeros(GgufType type) => Assert.All(Decode(type, Encode(type, new float[512])), value => Assert.Equal(0, value));

    [Theory]
    [InlineData(GgufType.Q40, 0.085, 0.095)]
    [InlineData(GgufType.Q4K, 0.065, 0.075)]
    [InlineData(GgufType.Q6K, 0.012, 0.02)]
    [InlineData(GgufType.Q80, 0.005, 0.0065)]
    public void Normally_distributed_values_keep_what_the_documentation_says(GgufType type, double least, double most)
    {
        var random = new Random(3);
        float[] values = [.. Enumerable.Range(0, 100 * 256).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) / 50))];
        var error = Math.Sqrt(values.Zip(Decode(type, Encode(type, values))).Sum(pair => Math.Pow(pair.First - pair.Second, 2)) / values.Sum(value => (double)value * value));
        Assert.InRange(error, least, most);
    }

    [Theory]
    [InlineData(GgufType.Q4K)]
    [InlineData(GgufType.Q6K)]
    public void Values_that_a_super_block_holds_come_back_nearly_as_they_were(GgufType type)
    {
        // Once rounded, the groups' scales are known to few bits: rounding again may move them by a step.
        var random = new Random(4);
        var once = Decode(type, Encode(type, [.. Enumerable.Range(0, 20 * 256).Select(_ => (float)(random.NextDouble() - 0.7))]));
        var twice = Decode(type, Encode(type, once));
        var error = Math.Sqrt(once.Zip(twice).Sum(pair => Math.Pow(pair.First - pair.Second, 2)) / once.Sum(value => (double)value * value));
        Assert.InRange(error, 0, type == GgufType.Q4K ? 0.01 : 0.005);
    }

    [Theory]
    [InlineData(GgufType.Q4K)]
    [InlineData(GgufType.Q6K)]
    public void Super_blocks_of_one_sign_of_one_value_and_with_outliers_are_kept(GgufType type)
    {
        float[][] all =
        [
            [.. Enumerable.Repeat(-3f, 256)],
            [.. Enumerable.Repeat(3f, 256)],
            [.. Enumerable.Range(0, 256).Select(i => -1f - (i / 256f))],
            [.. Enumerable.Range(0, 256).Select(i => i == 77 ? 40f : i % 3)],
        ];
        foreach (var values in all)
        {
            var most = values.Max(Math.Abs);
            Assert.All(values.Zip(Decode(type, Encode(type, values))), pair => Assert.Equal(pair.First, pair.Second, most * (type == GgufType.Q4K ? 0.05 : 0.02)));
        }
    }

    [Fact]
    public void Lengths_that_do_not_belong_together_are_refused()
    {
        Assert.Throws<ArgumentException>(() => GgufBlocks.Decode(GgufType.Q80, new byte[34], new float[31]));
        Assert.Throws<ArgumentException>(() => GgufBlocks.Decode(GgufType.Q40, new byte[17], new float[32]));
        Assert.Throws<ArgumentException>(() => GgufBlocks.Encode(GgufType.Q40, new float[32], new byte[34]));
        Assert.Throws<ArgumentException>(() => GgufBlocks.Encode(GgufType.Q6K, new float[256], new byte[209]));
    }

    // As gguf-py reads it: whole columns of bits, not groups one by one.
    private static IEnumerable<float> ReferenceQ4K(byte[] block)
    {
        var (d, m, rest) = (block[4..8], block[8..12], block[12..16]);
        int[] scales = [.. d.Select(x => x & 0x3F), .. rest.Zip(d, (low, high) => (low & 0x0F) | ((high >> 2) & 0x30))];
        int[] minima = [.. m.Select(x => x & 0x3F), .. rest.Zip(m, (low, high) => (low >> 4) | ((high >> 2) & 0x30))];
        var codes = block[16..].Chunk(32).SelectMany(bytes => bytes.Select(x => x % 16).Concat(bytes.Select(x => x / 16)));
        var (scale, minimum) = (ReadHalf(block, 0), ReadHalf(block, 2));
        return codes.Select((code, i) => (float)(((double)scale * scales[i / 32] * code) - ((double)minimum * minima[i / 32])));
    }

    private static IEnumerable<float> ReferenceQ6K(byte[] block)
    {
        var low = block[..128].Chunk(64).SelectMany(bytes => bytes.Select(x => x % 16).Concat(bytes.Select(x => x / 16)));
        var high = block[128..192].Chunk(32).SelectMany(bytes => Enumerable.Range(0, 4).SelectMany(shift => bytes.Select(x => x / (1 << (2 * shift)) % 4)));
        var scale = (double)ReadHalf(block, 208);
        return low.Zip(high, (four, two) => four + (16 * two) - 32).Select((code, i) => (float)(scale * (sbyte)block[192 + (i / 16)] * code));
    }

    private static float ReadHalf(byte[] block, int at) => (float)BitConverter.ToHalf(block, at);

    private static byte[] Half(float value) => BitConverter.GetBytes((System.Half)value);

    private static float[] Decode(GgufType type, byte[] blocks)
    {
        var values = new float[blocks.Length / type.BlockBytes() * type.BlockValues()];
        GgufBlocks.Decode(type, blocks, values);
        return values;
    }

    private static byte[] Encode(GgufType type, float[] values)
    {
        var blocks = new byte[values.Length / type.BlockValues() * type.BlockBytes()];
        GgufBlocks.Encode(type, values, blocks);
        return blocks;
    }
}
