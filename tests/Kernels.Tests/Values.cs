using InternPlatform.Kernels.Cpu;
using Xunit;

namespace InternPlatform.Kernels.Tests;

internal static class Values
{
    public static float[] Normal(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }

    public static double[] Wide(float[] values) => [.. values.Select(value => (double)value)];

    public static T[] Pack<T>(T[] rows, int outputs, int inputs)
        where T : unmanaged
    {
        var panels = new T[PanelLayout.PackedLength(outputs, inputs)];
        PanelLayout.Pack(rows, outputs, inputs, panels);
        return panels;
    }

    /// <summary>|actual − expected| ≤ tolerance · max(1, |expected|): f32 against double.</summary>
    public static void AssertClose(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            Assert.True(Math.Abs(actual[i] - expected[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])), $"[{i}] {actual[i]:r} is not {expected[i]:r} within {tolerance:g2}");
        }
    }
}
