using InternPlatform.Kernels.Cpu;
using Xunit;

namespace InternPlatform.Kernels.Tests;

/// <summary>Products over ggml's super-blocks against their definitions, and their promise about batches, parts and vector widths.</summary>
public sealed class SuperBlockKernelTests
{
    public static TheoryData<int, int> Bits => new() { { 4, 256 }, { 6, 256 }, { 4, 768 }, { 6, 768 }, { 4, 4096 }, { 6, 4096 } };

    [Theory]
    [MemberData(nameof(Bits))]
    public void MatMul_equals_its_definition(int bits, int inputs)
    {
        foreach (var (tokens, outputs) in new[] { (1, 1), (1, 300), (3, 7), (5, 33), (9, 64), (30, 40) })
        {
            var matrix = new Super(bits, outputs, inputs);
            var x = QuantizedKernelTests.Take(Values.Normal(tokens * inputs, seed: 2), inputs);
            var expected = new double[tokens * outputs];
            matrix.Reference(QuantizedKernelTests.Wide(x), expected);

            Values.AssertClose(expected, matrix.Multiply(x), 2e-6 * Math.Sqrt(inputs));
        }
    }

    [Theory]
    [Trait("Category", "Determinism")]
    [MemberData(nameof(Bits))]
    public void A_row_has_the_same_bits_alone_in_a_batch_and_in_parts(int bits, int inputs)
    {
        const int outputs = 165, tokens = 39;
        var values = Values.Normal(tokens * inputs, seed: 4);
        var matrix = new Super(bits, outputs, inputs);
        var all = QuantizedKernelTests.Take(values, inputs);
        var together = matrix.Multiply(all);
        Assert.Equal(together, matrix.Multiply(all, parts: 5));
        for (var t = 0; t < tokens; t++)
        {
            var alone = QuantizedKernelTests.Take(values.AsSpan(t * inputs, inputs).ToArray(), inputs);
            Assert.Equal(matrix.Multiply(alone), together.AsSpan(t * outputs, outputs).ToArray());
        }
    }

    [Theory]
    [Trait("Category", "Determinism")]
    [MemberData(nameof(Bits))]
    public void Every_vector_width_gives_the_same_bits(int bits, int inputs)
    {
        var x = QuantizedKernelTests.Take(Values.Normal(inputs, seed: 5), inputs);
        var widths = bits == 4 ? StripWidths.Of<Nibbles, WithMinimums>() : StripWidths.Of<SixBits, HalfBlocks>();
        widths.AssertSame(new Super(bits, 16, inputs).Packed, x.From(0));
        widths.AssertSame(new Super(bits, 16, inputs, isExtreme: true).Packed, x.From(0));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Extreme_codes_and_scales_do_not_overflow(int bits)
    {
        const int inputs = 512;
        var x = QuantizedKernelTests.Take([.. Enumerable.Repeat(1f, inputs), .. Enumerable.Repeat(-1f, inputs)], inputs);
        var matrix = new Super(bits, 16, inputs, isExtreme: true);
        var expected = new double[32];
        matrix.Reference(QuantizedKernelTests.Wide(x), expected);

        var y = matrix.Multiply(x);
        Assert.All(expected.Zip(y), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * Math.Abs(pair.First)));
        Assert.All(y, value => Assert.True(Math.Abs(value) > 1000));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Outputs_lie_beside_those_of_other_matrices(int bits)
    {
        var matrix = new Super(bits, 20, 256);
        var x = QuantizedKernelTests.Take(Values.Normal(3 * 256, seed: 7), 256);
        var y = new float[3 * 50];
        matrix.Invoke(x, 0, 2, y.AsSpan(10), 50);

        var plain = matrix.Multiply(x);
        for (var t = 0; t < 3; t++)
        {
            Assert.All(y.AsSpan(t * 50, 10).ToArray(), value => Assert.Equal(0, value));
            Assert.Equal(plain.AsSpan(t * 20, 20).ToArray(), y.AsSpan((t * 50) + 10, 20).ToArray());
            Assert.All(y.AsSpan((t * 50) + 30, 20).ToArray(), value => Assert.Equal(0, value));
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_with_their_numbers()
    {
        var e = Assert.Throws<ArgumentException>(() => MatMulQ4K.Pack(Rows(inputs: 128), new byte[9999]));
        Assert.Contains("128 inputs", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => MatMulQ4K.Pack(Rows(inputs: 256), new byte[100]));
        Assert.Throws<ArgumentException>(() => MatMulQ6K.Pack(Rows(inputs: 256), new byte[9999]));
        Assert.Throws<ArgumentException>(() => MatMulQ4K.Pack(Rows(inputs: 256, scale: 1e6f), new byte[9999]));
        Assert.Throws<ArgumentException>(() => MatMulQ4K.Invoke(QuantizedKernelTests.Take(new float[128], 128), new byte[9999], 1, 0, 1, new float[1], 1));
        Assert.Throws<ArgumentException>(() => MatMulQ6K.Invoke(QuantizedKernelTests.Take(new float[256], 256), new byte[9999], 4, 0, 1, new float[3], 4));

        static SuperBlockRows Rows(int inputs, float scale = 1) => new()
        {
            Outputs = 1,
            Inputs = inputs,
            Codes = new sbyte[inputs],
            BlockScales = new sbyte[inputs / 32],
            BlockMinimums = new byte[inputs / 32],
            Scales = new[] { scale },
            MinimumScales = new[] { scale },
        };
    }

    private sealed class Super
    {
        private readonly int bits;
        private readonly int outputs;
        private readonly int inputs;
        private readonly sbyte[] codes;
        private readonly sbyte[] blockScales;
        private readonly byte[] minimums;
        private readonly float[] scales;
        private readonly float[] minimumScales;

        public Super(int bits, int outputs, int inputs, bool isExtreme = false)
        {
            (this.bits, this.outputs, this.inputs) = (bits, outputs, inputs);
            var values = outputs * inputs;
            var blocks = values / (bits == 4 ? 32 : 16);
            codes = isExtreme ? [.. Enumerable.Repeat((sbyte)(bits == 4 ? 15 : 0), values)] : QuantizedKernelTests.Codes(values, 0, 1 << bits, seed: 20);
            blockScales = isExtreme ? [.. Enumerable.Repeat((sbyte)(bits == 4 ? 63 : -128), blocks)] : QuantizedKernelTests.Codes(blocks, bits == 4 ? 0 : -128, bits == 4 ? 64 : 128, seed: 21);
            minimums = bits == 4 ? [.. QuantizedKernelTests.Codes(blocks, 0, 64, seed: 22).Select(value => (byte)value)] : [];
            scales = QuantizedKernelTests.Scales(values / 256, seed: 23);
            minimumScales = bits == 4 ? QuantizedKernelTests.Scales(values / 256, seed: 24) : [];
            if (isExtreme)
            {
                Array.Fill(scales, 0.5f);
            }

            Packed = GC.AllocateArray<byte>(bits == 4 ? MatMulQ4K.PackedLength(outputs, inputs) : MatMulQ6K.PackedLength(outputs, inputs), pinned: true);
            if (bits == 4)
            {
                MatMulQ4K.Pack(Rows, Packed);
            }
            else
            {
                MatMulQ6K.Pack(Rows, Packed);
            }
        }

        public byte[] Packed { get; }

        private SuperBlockRows Rows => new()
        {
            Outputs = outputs,
            Inputs = inputs,
            Codes = codes,
            BlockScales = blockScales,
            BlockMinimums = minimums,
            Scales = scales,
            MinimumScales = minimumScales,
        };

        public void Reference(double[] x, double[] y)
        {
            if (bits == 4)
            {
                MatMulQ4K.Reference(x, Rows, y);
            }
            else
            {
                MatMulQ6K.Reference(x, Rows, y);
            }
        }

        public float[] Multiply(ActivationBlocks x, int parts = 1) => QuantizedKernelTests.InParts(x.Tokens, outputs, parts, (first, count, y) => Invoke(x, first, count, y, outputs));

        public void Invoke(ActivationBlocks x, int first, int count, Span<float> y, int stride)
        {
            if (bits == 4)
            {
                MatMulQ4K.Invoke(x, Packed, outputs, first, count, y, stride);
            }
            else
            {
                MatMulQ6K.Invoke(x, Packed, outputs, first, count, y, stride);
            }
        }
    }
}
