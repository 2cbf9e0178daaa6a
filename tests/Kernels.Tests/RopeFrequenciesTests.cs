using InternPlatform.Kernels.Cpu;
using Xunit;

namespace InternPlatform.Kernels.Tests;

public sealed class RopeFrequenciesTests
{
    private const int HeadDim = 128;
    private const int Trained = 8192;

    [Fact]
    public void Linear_turns_every_pair_slower()
        => Assert.Equal(RopeFrequencies.Plain(10_000, HeadDim).Select(turn => turn / 4), RopeFrequencies.Linear(10_000, HeadDim, 4));

    [Fact]
    public void Dynamic_changes_nothing_inside_what_was_trained_and_reaches_the_stretch_at_the_slowest_pair()
    {
        var plain = RopeFrequencies.Plain(10_000, HeadDim);
        Assert.Equal(plain, RopeFrequencies.DynamicNtk(10_000, HeadDim, 2, Trained, Trained));
        var stretched = RopeFrequencies.DynamicNtk(10_000, HeadDim, 1, Trained, 4 * Trained);

        Assert.Equal(1, stretched[0]);
        // With factor 1 the base is theta · 4^(D/(D−2)): the last pair, theta^(−(D−2)/D), turns four times slower.
        Assert.Equal(plain[^1] / 4, stretched[^1], 1e-12);
    }

    [Fact]
    public void Llama3_leaves_fast_pairs_slows_slow_ones_and_ramps_between()
    {
        var plain = RopeFrequencies.Plain(500_000, HeadDim);
        var scaled = RopeFrequencies.Llama3(500_000, HeadDim, 8, 1, 4, Trained);
        for (var j = 0; j < plain.Length; j++)
        {
            var wavelength = 2 * Math.PI / plain[j];
            if (wavelength < Trained / 4.0)
            {
                Assert.Equal(plain[j], scaled[j]);
            }
            else if (wavelength > Trained)
            {
                Assert.Equal(plain[j] / 8, scaled[j], 1e-18);
            }
            else
            {
                var smooth = ((Trained / wavelength) - 1) / 3;
                Assert.Equal(((1 - smooth) * plain[j] / 8) + (smooth * plain[j]), scaled[j], 1e-15);
            }
        }

        Assert.Equal(scaled.OrderDescending(), scaled);
    }

    [Fact]
    public void Yarn_leaves_the_first_pairs_slows_the_last_and_raises_the_amplitude()
    {
        var plain = RopeFrequencies.Plain(10_000, HeadDim);
        var scaled = RopeFrequencies.Yarn(10_000, HeadDim, 4, 32, 1, 4096);

        Assert.Equal(plain[..20], scaled[..20]);
        Assert.Equal(plain[46] / 4, scaled[46], 1e-12);
        Assert.Equal(plain[^1] / 4, scaled[^1], 1e-12);
        Assert.InRange(scaled[33], plain[33] / 4, plain[33]);
        Assert.Equal(1.1386294361, RopeFrequencies.YarnAttention(4), 1e-9);
    }
}
