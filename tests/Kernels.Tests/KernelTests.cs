using InternPlatform.Kernels.Cpu;
using Xunit;

namespace InternPlatform.Kernels.Tests;

/// <summary>Each op against its own definition, over widths that fill a register, miss it by one, and are large.</summary>
public sealed class KernelTests
{
    public static TheoryData<int> Widths => [1, 7, 8, 9, 16, 31, 33, 130, 4096];

    [Theory]
    [MemberData(nameof(Widths))]
    public void MatMul_equals_its_definition(int inputs)
    {
        foreach (var (tokens, outputs) in new[] { (1, 1), (1, 300), (3, 7), (5, 33), (9, 64) })
        {
            var x = Values.Normal(tokens * inputs, seed: 1);
            var rows = Values.Normal(outputs * inputs, seed: 2);
            var expected = new double[tokens * outputs];
            MatMul.Reference(Values.Wide(x), Values.Wide(rows), outputs, inputs, expected);

            var y = new float[tokens * outputs];
            MatMul.Invoke(x, Values.Pack(rows, outputs, inputs), outputs, inputs, y);

            Values.AssertClose(expected, y, 1e-6 * inputs);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void A_row_of_MatMul_has_the_same_bits_alone_and_in_a_batch(int inputs)
    {
        const int outputs = 165, tokens = 11;
        var panels = Values.Pack(Values.Normal(outputs * inputs, seed: 3), outputs, inputs);
        var x = Values.Normal(tokens * inputs, seed: 4);
        var together = new float[tokens * outputs];
        MatMul.Invoke(x, panels, outputs, inputs, together);

        for (var t = 0; t < tokens; t++)
        {
            var alone = new float[outputs];
            MatMul.Invoke(x.AsSpan(t * inputs, inputs), panels, outputs, inputs, alone);
            Assert.Equal(alone, together.AsSpan(t * outputs, outputs).ToArray());
        }
    }

    [Fact]
    public void MatMul_is_one_chain_of_fused_multiply_adds()
    {
        const int inputs = 77, outputs = 130;
        var x = Values.Normal(inputs, seed: 5);
        var rows = Values.Normal(outputs * inputs, seed: 6);
        var y = new float[outputs];
        MatMul.Invoke(x, Values.Pack(rows, outputs, inputs), outputs, inputs, y);

        for (var n = 0; n < outputs; n++)
        {
            var sum = 0f;
            for (var k = 0; k < inputs; k++)
            {
                sum = MathF.FusedMultiplyAdd(rows[(n * inputs) + k], x[k], sum);
            }

            Assert.Equal(sum, y[n]);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Bf16_MatMul_equals_its_definition_and_f32_on_the_widened_weights(int inputs)
    {
        const int outputs = 45, tokens = 6;
        var x = Values.Normal(tokens * inputs, seed: 7);
        var rows = new ushort[outputs * inputs];
        MatMulBFloat16.Round(Values.Normal(outputs * inputs, seed: 8), rows);
        var expected = new double[tokens * outputs];
        MatMulBFloat16.Reference(Values.Wide(x), rows, outputs, inputs, expected);

        var y = new float[tokens * outputs];
        MatMulBFloat16.Invoke(x, Values.Pack(rows, outputs, inputs), outputs, inputs, y);

        Values.AssertClose(expected, y, 1e-6 * inputs);
        var wide = new float[tokens * outputs];
        var widened = rows.Select(bits => BitConverter.Int32BitsToSingle(bits << 16)).ToArray();
        MatMul.Invoke(x, Values.Pack(widened, outputs, inputs), outputs, inputs, wide);
        Assert.Equal(wide, y);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void F16_MatMul_equals_its_definition_and_f32_on_the_widened_weights(int inputs)
    {
        const int outputs = 45, tokens = 15;
        var x = Values.Normal(tokens * inputs, seed: 7);
        Half[] rows = [.. Values.Normal(outputs * inputs, seed: 8).Select((value, i) => (Half)(i % 5 == 0 ? value * 1e-6f : value))];
        var expected = new double[tokens * outputs];
        MatMulFloat16.Reference(Values.Wide(x), rows, outputs, inputs, expected);

        var y = new float[tokens * outputs];
        MatMulFloat16.Invoke(x, Values.Pack(rows, outputs, inputs), outputs, inputs, 0, PanelLayout.Count(outputs), y, outputs);

        Values.AssertClose(expected, y, 1e-6 * inputs);
        var wide = new float[tokens * outputs];
        MatMul.Invoke(x, Values.Pack([.. rows.Select(half => (float)half)], outputs, inputs), outputs, inputs, wide);
        Assert.Equal(wide, y);
    }

    [Fact]
    public void Rounding_to_bf16_takes_the_nearest_and_keeps_NaN()
    {
        var bits = new ushort[4];
        MatMulBFloat16.Round([1f, BitConverter.Int32BitsToSingle(0x3F80_8000), BitConverter.Int32BitsToSingle(0x3F81_8000), float.NaN], bits);

        Assert.Equal([0x3F80, 0x3F80, 0x3F82], bits[..3]);
        Assert.True(float.IsNaN(BitConverter.Int32BitsToSingle(bits[3] << 16)));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void RmsNorm_equals_its_definition_and_can_write_over_its_input(int width)
    {
        var x = Values.Normal(3 * width, seed: 9);
        var gain = Values.Normal(width, seed: 10);
        var expected = new double[x.Length];
        RmsNorm.Reference(Values.Wide(x), Values.Wide(gain), 1e-5, expected);

        var y = new float[x.Length];
        RmsNorm.Invoke(x, gain, 1e-5f, y);
        RmsNorm.Invoke(x, gain, 1e-5f, x);

        Values.AssertClose(expected, y, 4e-6);
        Assert.Equal(y, x);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Rope_equals_its_definition(int half)
    {
        const int heads = 2;
        int[] positions = [0, 3, 99];
        var x = Values.Normal(positions.Length * heads * half * 2, seed: 11);
        var expected = Values.Wide(x);
        Rope.Reference(expected, positions, heads, half * 2, 10_000);

        var (cosines, sines) = (new float[100 * half], new float[100 * half]);
        Rope.FillTables(RopeFrequencies.Plain(10_000, half * 2), 1, cosines, sines);
        Rope.Invoke(x, positions, cosines, sines, heads, half * 2);

        Values.AssertClose(expected, x, 2e-6);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Softmax_equals_its_definition_and_gives_nothing_to_masked_entries(int width)
    {
        var x = Values.Normal(width + 1, seed: 12);
        x[0] = float.NegativeInfinity;
        var expected = Values.Wide(x);
        Softmax.Reference(expected);
        var logSum = Softmax.LogSumExp(x);
        var exact = Math.Log(x.Sum(value => Math.Exp(value)));

        Softmax.Invoke(x);

        Values.AssertClose(expected, x, 2e-6);
        Assert.Equal(0f, x[0]);
        Assert.Equal(exact, logSum, 5e-6 * Math.Max(1, Math.Abs(exact)));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void SiluMul_and_Add_equal_their_definitions(int width)
    {
        var gate = Values.Normal(width, seed: 13);
        var up = Values.Normal(width, seed: 14);
        var (silu, sum) = (new double[width], Values.Wide(up));
        SiluMul.Reference(Values.Wide(gate), Values.Wide(up), silu);
        Add.Reference(Values.Wide(gate), sum);

        var y = new float[width];
        SiluMul.Invoke(gate, up, y);
        Add.Invoke(gate, up);

        Values.AssertClose(silu, y, 2e-6);
        Values.AssertClose(sum, up, 2e-7);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void ArgMax_and_TopCandidates_equal_their_definitions(int width)
    {
        // Few distinct values: ties are the rule.
        var x = Values.Normal(width, seed: 15).Select(value => MathF.Round(value * 2)).ToArray();
        Assert.Equal(ArgMax.Reference(Values.Wide(x)), ArgMax.Invoke(x));

        foreach (var count in new[] { 1, width / 3, width }.Where(count => count > 0))
        {
            var ids = new int[count];
            TopCandidates.Invoke(x, ids);
            Assert.Equal(TopCandidates.Reference(Values.Wide(x), count), ids);
        }
    }

    [Fact]
    public void The_nucleus_is_the_smallest_set_that_reaches_its_mass()
    {
        Assert.Equal(1, TopCandidates.Nucleus([0.5f, 0.3f, 0.2f], 0.4f));
        Assert.Equal(2, TopCandidates.Nucleus([0.5f, 0.3f, 0.2f], 0.75f));
        Assert.Equal(3, TopCandidates.Nucleus([0.5f, 0.3f, 0.2f], 1f));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(33)]
    public void NaN_and_infinity_are_seen_at_every_place(int width)
    {
        var x = Values.Normal(width, seed: 16);
        Assert.True(ArgMax.IsOrdered(x));
        for (var i = 0; i < width; i++)
        {
            foreach (var bad in new[] { float.NaN, float.PositiveInfinity })
            {
                var copy = x.ToArray();
                copy[i] = bad;
                Assert.False(ArgMax.IsOrdered(copy));
            }

            x[i] = float.NegativeInfinity;
            Assert.True(ArgMax.IsOrdered(x));
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_with_their_numbers()
    {
        var e = Assert.Throws<ArgumentException>(() => MatMul.Invoke(new float[5], new float[64], 1, 2, new float[2]));
        Assert.Contains("5 values are not rows of 2", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RmsNorm.Invoke(new float[5], new float[2], 1e-5f, new float[5]));
        Assert.Throws<ArgumentException>(() => PagedAttention.Invoke(new float[8], new byte[64], [3], 1, new KvLayout(1, 8, KvFormat.Bits32), 0, new float[16], new float[8]));
        Assert.Throws<ArgumentException>(() => TopCandidates.Invoke(new float[2], new int[3]));
    }
}
