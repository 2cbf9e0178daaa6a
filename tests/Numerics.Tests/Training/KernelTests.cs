using InternPlatform.Kernels.Cpu.Training;
using Xunit;

namespace InternPlatform.Numerics.Tests.Training;

/// <summary>The training kernels against their definitions, at widths that leave every kind of tail.</summary>
public sealed class KernelTests
{
    public static TheoryData<int> Widths => [1, 7, 8, 9, 40, 4096];

    [Theory]
    [MemberData(nameof(Widths))]
    public void Cross_entropy_and_its_gradient_follow_the_definition(int width)
    {
        var logits = Numbers(width, 5);
        var exact = logits.Select(value => (double)value).ToArray();
        var expected = SoftmaxCrossEntropy.Reference(exact, width / 2, .25);
        Assert.Equal(expected, SoftmaxCrossEntropy.Invoke(logits, width / 2, .25f), 1e-4);
        Assert.All(exact.Zip(logits), pair => Assert.Equal(pair.First, pair.Second, 2e-6));
    }

    [Fact]
    public void A_row_without_label_costs_nothing_and_has_no_gradient()
    {
        var logits = Numbers(20, 5);
        Assert.Equal(0, SoftmaxCrossEntropy.Invoke(logits, -1, 1));
        Assert.All(logits, value => Assert.Equal(0, value));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void SwiGlu_follows_the_definition(int width)
    {
        var gateUp = Numbers(2 * width, 3);
        var (y, exact) = (new float[width], new double[width]);
        SwiGlu.Invoke(gateUp, y);
        SwiGlu.Reference([.. gateUp.Select(value => (double)value)], exact);
        Assert.All(exact.Zip(y), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * Math.Max(1, Math.Abs(pair.First))));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void The_residual_norm_follows_the_definition(int width)
    {
        float[] x = Numbers(width, 2), delta = Numbers(width, 1), gain = Numbers(width, 1);
        var (s, y, exact) = (new float[width], new float[width], new double[width]);
        AddRmsNorm.Invoke(x, delta, gain, 1e-5f, s, y);
        AddRmsNorm.Reference([.. x.Zip(delta, (a, b) => (double)(a + b))], [.. gain.Select(value => (double)value)], 1e-5, exact);
        Assert.All(exact.Zip(y), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(33)]
    public void The_rotary_turn_follows_the_definition_both_ways(int half)
    {
        float[] x = Numbers(2 * half, 3), angles = Numbers(half, 3);
        float[] cos = [.. angles.Select(MathF.Cos)], sin = [.. angles.Select(MathF.Sin)];
        foreach (var direction in (float[])[1, -1])
        {
            var (y, exact) = (new float[2 * half], new double[2 * half]);
            RotaryHeads.Invoke(x, cos, sin, direction, y);
            RotaryHeads.Reference([.. x.Select(value => (double)value)], [.. angles.Select(value => (double)value)], direction, exact);
            Assert.All(exact.Zip(y), pair => Assert.Equal(pair.First, pair.Second, 2e-6));
        }
    }

    private static float[] Numbers(int count, double size)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() - .5) * 2 * size))];
    }
}
