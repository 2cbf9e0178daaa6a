using InternPlatform.Kernels.Cpu;
using Xunit;

namespace InternPlatform.Kernels.Tests;

/// <summary>Products over packed 8-bit and 4-bit weights against their definitions, and their promise about batches.</summary>
public sealed class QuantizedKernelTests
{
    public static TheoryData<int> Widths => [1, 7, 8, 9, 16, 31, 33, 130, 4096];

    public static TheoryData<int, int> Groups => new() { { 8, 8 }, { 16, 8 }, { 32, 32 }, { 96, 32 }, { 352, 32 }, { 1024, 128 }, { 4096, 64 } };

    [Theory]
    [MemberData(nameof(Widths))]
    public void Int8_MatMul_equals_its_definition(int inputs)
    {
        foreach (var (tokens, outputs) in new[] { (1, 1), (1, 300), (3, 7), (5, 33), (9, 64) })
        {
            var x = Values.Normal(tokens * inputs, seed: 1);
            var (codes, scales) = (Codes(outputs * inputs, -127, 128, seed: 2), Scales(outputs, seed: 3));
            var expected = new double[tokens * outputs];
            MatMulInt8.Reference(Values.Wide(x), codes, scales, inputs, expected);

            var y = new float[tokens * outputs];
            MatMulInt8.Invoke(x, Values.Pack(codes, outputs, inputs), scales, inputs, y);

            Values.AssertClose(expected, y, 2e-6 * inputs);
        }
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void Int4_MatMul_equals_its_definition(int inputs, int group)
    {
        foreach (var (tokens, outputs) in new[] { (1, 1), (1, 300), (3, 7), (5, 33), (9, 64), (70, 40) })
        {
            var x = Values.Normal(tokens * inputs, seed: 4);
            var matrix = new Matrix(outputs, inputs, group);
            var expected = new double[tokens * outputs];
            MatMulInt4.Reference(Values.Wide(x), matrix.Codes, matrix.Scales, matrix.Zeros, outputs, inputs, expected);

            var y = new float[tokens * outputs];
            matrix.Multiply(x, y);

            Values.AssertClose(expected, y, 4e-6 * Math.Sqrt(inputs));
        }
    }

    [Theory]
    [Trait("Category", "Determinism")]
    [MemberData(nameof(Groups))]
    public void A_row_has_the_same_bits_alone_and_in_a_batch(int inputs, int group)
    {
        const int outputs = 165, tokens = 39;
        var x = Values.Normal(tokens * inputs, seed: 5);
        var four = new Matrix(outputs, inputs, group);
        var (codes, scales) = (Values.Pack(Codes(outputs * inputs, -127, 128, seed: 6), outputs, inputs), Scales(outputs, seed: 7));
        var (together4, together8) = (new float[tokens * outputs], new float[tokens * outputs]);
        four.Multiply(x, together4);
        MatMulInt8.Invoke(x, codes, scales, inputs, together8);

        var (alone4, alone8) = (new float[outputs], new float[outputs]);
        for (var t = 0; t < tokens; t++)
        {
            var row = x.AsSpan(t * inputs, inputs).ToArray();
            four.Multiply(row, alone4);
            MatMulInt8.Invoke(row, codes, scales, inputs, alone8);
            Assert.Equal(alone4, together4.AsSpan(t * outputs, outputs).ToArray());
            Assert.Equal(alone8, together8.AsSpan(t * outputs, outputs).ToArray());
        }
    }

    [Fact]
    public void Int4_MatMul_is_a_chain_for_each_group()
    {
        const int inputs = 96, outputs = 130, group = 32;
        var x = Values.Normal(inputs, seed: 8);
        var matrix = new Matrix(outputs, inputs, group);
        var y = new float[outputs];
        matrix.Multiply(x, y);

        for (var n = 0; n < outputs; n++)
        {
            var total = 0f;
            for (var g = 0; g < inputs / group; g++)
            {
                var (chain, sum) = (0f, 0f);
                for (var k = g * group; k < (g + 1) * group; k++)
                {
                    chain = MathF.FusedMultiplyAdd(matrix.Codes[(n * inputs) + k], x[k], chain);
                    sum += x[k];
                }

                var at = (n * (inputs / group)) + g;
                total = MathF.FusedMultiplyAdd(MathF.FusedMultiplyAdd(matrix.Zeros[at], -sum, chain), matrix.Scales[at], total);
            }

            Assert.Equal(total, y[n]);
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_with_their_numbers()
    {
        Assert.Contains("12 inputs", Assert.Throws<ArgumentException>(() => MatMulInt4.PackedLength(8, 12)).Message, StringComparison.Ordinal);
        var e = Assert.Throws<ArgumentException>(() => MatMulInt4.Invoke(new float[32], new uint[4096], new float[64], new byte[64], 8, 32, 24, new float[8]));
        Assert.Contains("groups of 24", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => MatMulInt4.Invoke(new float[32], new uint[4096], new float[16], new byte[64], 8, 32, 16, new float[8]));
        Assert.Throws<ArgumentException>(() => MatMulInt4.Invoke(new float[32], new uint[100], new float[64], new byte[64], 8, 32, 16, new float[8]));
        Assert.Throws<ArgumentException>(() => MatMulInt8.Invoke(new float[5], new sbyte[64], new float[1], 2, new float[2]));
    }

    private static sbyte[] Codes(int count, int from, int to, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (sbyte)random.Next(from, to))];
    }

    private static float[] Scales(int count, int seed) => [.. Values.Normal(count, seed).Select(value => 0.001f + (0.01f * MathF.Abs(value)))];

    private sealed class Matrix
    {
        private readonly int outputs;
        private readonly int inputs;
        private readonly int group;
        private readonly uint[] words;
        private readonly float[] scales;
        private readonly byte[] zeros;

        public Matrix(int outputs, int inputs, int group)
        {
            (this.outputs, this.inputs, this.group) = (outputs, inputs, group);
            Codes = QuantizedKernelTests.Codes(outputs * inputs, 0, 16, seed: 9);
            Zeros = QuantizedKernelTests.Codes(outputs * inputs / group, 0, 16, seed: 10);
            Scales = QuantizedKernelTests.Scales(outputs * inputs / group, seed: 11);
            words = new uint[MatMulInt4.PackedLength(outputs, inputs)];
            MatMulInt4.Pack(Codes, outputs, inputs, words);
            scales = Values.Pack(Scales, outputs, inputs / group);
            zeros = Values.Pack(Zeros.Select(zero => (byte)zero).ToArray(), outputs, inputs / group);
        }

        public sbyte[] Codes { get; }

        public sbyte[] Zeros { get; }

        public float[] Scales { get; }

        public void Multiply(float[] x, float[] y) => MatMulInt4.Invoke(x, words, scales, zeros, outputs, inputs, group, y);
    }
}
