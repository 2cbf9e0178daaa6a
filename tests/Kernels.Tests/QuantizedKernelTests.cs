using InternPlatform.Kernels.Cpu;
using Xunit;

namespace InternPlatform.Kernels.Tests;

/// <summary>Integer products over packed 8-bit and 4-bit weights against their definitions, and their promise about batches, parts and vector widths.</summary>
public sealed class QuantizedKernelTests
{
    public static TheoryData<int> Widths => [1, 7, 8, 31, 32, 33, 130, 4096];

    public static TheoryData<int, int> Groups => new() { { 32, 32 }, { 96, 32 }, { 128, 128 }, { 352, 32 }, { 1024, 128 }, { 4096, 64 } };

    [Theory]
    [MemberData(nameof(Widths))]
    public void Activations_equal_their_definition_bit_for_bit(int inputs)
    {
        var x = Values.Normal(3 * inputs, seed: 1);
        x[0] = 0;
        x.AsSpan(2 * inputs).Clear();
        var taken = Take(x, inputs);
        var codes = new sbyte[StripLayout.BlockInputs];
        for (var (t, block) = (0, 0); t < 3; t++, block = 0)
        {
            foreach (var values in x.Skip(t * inputs).Take(inputs).Chunk(StripLayout.BlockInputs))
            {
                var figures = ActivationBlocks.Reference(values, codes);
                Assert.Equal(figures, taken.Figures(t)[block]);
                Assert.Equal((codes.Take(16).Sum(code => code), codes.Skip(16).Sum(code => code)), (figures.FirstSum, figures.OtherSum));
                Assert.Equal(-figures.Scale * codes.Sum(code => code), figures.Offset);
                Assert.Equal(codes, taken.Codes(t).Slice(block++ * codes.Length, codes.Length).ToArray());
                Assert.All(values.Zip(codes), pair => Assert.True(Math.Abs(pair.First - (figures.Scale * pair.Second)) <= figures.Scale * 0.50001f));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Int8_MatMul_equals_its_definition(int inputs)
    {
        foreach (var (tokens, outputs) in new[] { (1, 1), (1, 300), (3, 7), (5, 33), (9, 64), (17, 16) })
        {
            var matrix = new Eight(outputs, inputs, hasBlockScales: inputs % StripLayout.BlockInputs == 0 && tokens != 3);
            var x = Take(Values.Normal(tokens * inputs, seed: 2), inputs);
            var expected = new double[tokens * outputs];
            MatMulInt8.Reference(Wide(x), matrix.Codes, matrix.Scales, outputs, inputs, expected);

            Values.AssertClose(expected, matrix.Multiply(x), 1e-6 * Math.Sqrt(inputs));
        }
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void Int4_MatMul_equals_its_definition(int inputs, int group)
    {
        foreach (var (tokens, outputs) in new[] { (1, 1), (1, 300), (3, 7), (5, 33), (9, 64), (70, 40) })
        {
            var matrix = new Four(outputs, inputs, group, hasZeros: tokens != 3);
            var x = Take(Values.Normal(tokens * inputs, seed: 3), inputs);
            var expected = new double[tokens * outputs];
            MatMulInt4.Reference(Wide(x), matrix.Codes, matrix.Scales, matrix.Zeros, outputs, inputs, expected);

            Values.AssertClose(expected, matrix.Multiply(x), 1e-6 * Math.Sqrt(inputs));
        }
    }

    [Theory]
    [Trait("Category", "Determinism")]
    [MemberData(nameof(Groups))]
    public void A_row_has_the_same_bits_alone_in_a_batch_and_in_parts(int inputs, int group)
    {
        const int outputs = 165, tokens = 39;
        var values = Values.Normal(tokens * inputs, seed: 4);
        var (four, eight) = (new Four(outputs, inputs, group, hasZeros: true), new Eight(outputs, inputs, hasBlockScales: group == 32));
        var all = Take(values, inputs);
        var (together4, together8) = (four.Multiply(all), eight.Multiply(all));
        Assert.Equal(together4, four.Multiply(all, parts: 5));
        Assert.Equal(together8, eight.Multiply(all, parts: 3));
        for (var t = 0; t < tokens; t++)
        {
            var alone = Take(values.AsSpan(t * inputs, inputs).ToArray(), inputs);
            Assert.Equal(four.Multiply(alone), together4.AsSpan(t * outputs, outputs).ToArray());
            Assert.Equal(eight.Multiply(alone), together8.AsSpan(t * outputs, outputs).ToArray());
        }
    }

    [Theory]
    [Trait("Category", "Determinism")]
    [MemberData(nameof(Groups))]
    public void Every_vector_width_gives_the_same_bits(int inputs, int group)
    {
        var x = Take(Values.Normal(inputs, seed: 5), inputs).From(0);
        foreach (var (packed, strip) in new (byte[], StripWidths)[]
        {
            (new Four(16, inputs, group, hasZeros: true).Packed, StripWidths.Of<Nibbles, WithZeros>()),
            (new Four(16, inputs, group, hasZeros: false).Packed, StripWidths.Of<Nibbles, AroundMiddle>()),
            (new Eight(16, inputs, hasBlockScales: false).Packed, StripWidths.OfEight<ScaledRows>()),
            (new Eight(16, inputs, hasBlockScales: true).Packed, StripWidths.OfEight<ScaledBlocks>()),
        })
        {
            strip.AssertSame(packed, x);
        }
    }

    [Fact]
    public void Extreme_codes_do_not_overflow()
    {
        const int inputs = 64;
        var x = Take([.. Enumerable.Repeat(1f, inputs), .. Enumerable.Repeat(-1f, inputs)], inputs);
        var packed4 = new byte[MatMulInt4.PackedLength(16, inputs, hasZeros: false)];
        MatMulInt4.Pack([.. Enumerable.Repeat((sbyte)15, 16 * inputs)], [.. Enumerable.Repeat(1f, 32)], [], 16, inputs, packed4);
        var y = new float[32];
        MatMulInt4.Invoke(x, packed4, hasZeros: false, 16, 0, 1, y, 16);
        Assert.All(y, value => Assert.Equal(7f * inputs, Math.Abs(value), 1e-3));

        var packed8 = new byte[MatMulInt8.PackedLength(16, inputs, hasBlockScales: false)];
        MatMulInt8.Pack([.. Enumerable.Repeat((sbyte)-127, 16 * inputs)], [], 16, inputs, packed8);
        MatMulInt8.Invoke(x, packed8, [.. Enumerable.Repeat(1f, 16)], 16, 0, 1, y, 16);
        Assert.All(y, value => Assert.Equal(127f * inputs, Math.Abs(value), 1e-2));
    }

    [Fact]
    public void What_is_not_finite_stays_visible()
    {
        const int inputs = 64;
        foreach (var bad in new[] { float.NaN, float.PositiveInfinity })
        {
            var values = Values.Normal(inputs, seed: 6);
            values[40] = bad;
            Assert.All(new Four(20, inputs, 32, hasZeros: true).Multiply(Take(values, inputs)), value => Assert.False(float.IsFinite(value)));
            Assert.All(new Eight(20, inputs, hasBlockScales: false).Multiply(Take(values, inputs)), value => Assert.False(float.IsFinite(value)));
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_with_their_numbers()
    {
        var e = Assert.Throws<ArgumentException>(() => MatMulInt4.Pack(new sbyte[8 * 48], new float[16], new sbyte[16], 8, 48, new byte[4096]));
        Assert.Contains("groups of 24", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => MatMulInt4.Pack(new sbyte[8 * 32], new float[8], [], 8, 32, new byte[100]));
        Assert.Throws<ArgumentException>(() => MatMulInt4.Invoke(Take(new float[32], 32), new byte[288], hasZeros: false, 8, 0, 2, new float[8], 8));
        Assert.Throws<ArgumentException>(() => MatMulInt8.Invoke(Take(new float[32], 32), new byte[512], new float[7], 8, 0, 1, new float[8], 8));
        var large = Assert.Throws<ArgumentException>(() => MatMulInt4.Pack(new sbyte[32], [1e6f], [], 1, 32, new byte[4096]));
        Assert.Contains("too large for half precision", large.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => MatMulInt8.Pack(new sbyte[32], [float.NaN], 1, 32, new byte[4096]));
        Assert.Throws<ArgumentException>(() => new ActivationBlocks(1, 32).Quantize(new float[64], 64));
    }

    internal static ActivationBlocks Take(float[] x, int inputs)
    {
        var taken = new ActivationBlocks(x.Length / inputs, inputs);
        taken.Quantize(x, inputs);
        return taken;
    }

    /// <summary>What the codes stand for.</summary>
    internal static double[] Wide(ActivationBlocks x)
    {
        var wide = new double[x.Tokens * x.Inputs];
        for (var i = 0; i < wide.Length; i++)
        {
            var (t, k) = (i / x.Inputs, i % x.Inputs);
            wide[i] = x.Codes(t)[k] * (double)x.Figures(t)[k / StripLayout.BlockInputs].Scale;
        }

        return wide;
    }

    internal static sbyte[] Codes(int count, int from, int to, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (sbyte)random.Next(from, to))];
    }

    /// <summary>Of half precision, some of them subnormal there.</summary>
    internal static float[] Scales(int count, int seed) => [.. Values.Normal(count, seed).Select((value, i) => (float)(Half)(i % 7 == 3 ? 1e-6f : 0.001f + (0.01f * MathF.Abs(value))))];

    internal static float[] InParts(int tokens, int outputs, int parts, Action<int, int, float[]> multiply)
    {
        var (y, strips) = (new float[tokens * outputs], StripLayout.Strips(outputs));
        for (var part = 0; part < parts; part++)
        {
            multiply(strips * part / parts, (strips * (part + 1) / parts) - (strips * part / parts), y);
        }

        return y;
    }

    private sealed class Four
    {
        private readonly int outputs;

        public Four(int outputs, int inputs, int group, bool hasZeros)
        {
            this.outputs = outputs;
            Codes = QuantizedKernelTests.Codes(outputs * inputs, 0, 16, seed: 9);
            Zeros = hasZeros ? QuantizedKernelTests.Codes(outputs * inputs / group, 0, 16, seed: 10) : [];
            Scales = QuantizedKernelTests.Scales(outputs * inputs / group, seed: 11);
            Packed = GC.AllocateArray<byte>(MatMulInt4.PackedLength(outputs, inputs, hasZeros), pinned: true);
            MatMulInt4.Pack(Codes, Scales, Zeros, outputs, inputs, Packed);
        }

        public sbyte[] Codes { get; }

        public sbyte[] Zeros { get; }

        public float[] Scales { get; }

        public byte[] Packed { get; }

        public float[] Multiply(ActivationBlocks x, int parts = 1) =>
            InParts(x.Tokens, outputs, parts, (first, count, y) => MatMulInt4.Invoke(x, Packed, Zeros.Length > 0, outputs, first, count, y, outputs));
    }

    private sealed class Eight
    {
        private readonly int outputs;
        private readonly bool hasBlockScales;

        public Eight(int outputs, int inputs, bool hasBlockScales)
        {
            (this.outputs, this.hasBlockScales) = (outputs, hasBlockScales);
            Codes = QuantizedKernelTests.Codes(outputs * inputs, -127, 128, seed: 12);
            Scales = QuantizedKernelTests.Scales(hasBlockScales ? outputs * inputs / 32 : outputs, seed: 13);
            Packed = GC.AllocateArray<byte>(MatMulInt8.PackedLength(outputs, inputs, hasBlockScales), pinned: true);
            MatMulInt8.Pack(Codes, hasBlockScales ? Scales : [], outputs, inputs, Packed);
        }

        public sbyte[] Codes { get; }

        public float[] Scales { get; }

        public byte[] Packed { get; }

        public float[] Multiply(ActivationBlocks x, int parts = 1) =>
            InParts(x.Tokens, outputs, parts, (first, count, y) => MatMulInt8.Invoke(x, Packed, hasBlockScales ? [] : Scales, outputs, first, count, y, outputs));
    }
}
