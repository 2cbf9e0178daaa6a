using InternPlatform.Inference.Engine;
using Xunit;

namespace InternPlatform.Inference.Tests;

public sealed class SamplerTests
{
    private static readonly float[] Logits = [1f, 3f, 2f, 0.5f, -1f, 3f, float.NegativeInfinity, 0f];

    [Fact]
    public void Draws_follow_the_probabilities()
    {
        const int draws = 200_000;
        var counts = Draw(new(), draws);
        var chi = 0.0;
        var sum = Logits.Sum(x => Math.Exp(x));
        for (var i = 0; i < Logits.Length; i++)
        {
            var expected = draws * Math.Exp(Logits[i]) / sum;
            chi += expected == 0 ? counts[i] : Math.Pow(counts[i] - expected, 2) / expected;
        }

        Assert.True(chi < 22.46, $"chi-square {chi:f1}: p < 0.001 with 6 degrees of freedom");
    }

    [Fact]
    public void Top_k_top_p_and_min_p_keep_what_they_say()
    {
        Assert.Equal([1, 2, 5], Seen(new() { TopK = 3 }));
        Assert.Equal([1, 5], Seen(new() { TopP = 0.5f }));
        Assert.Equal([1], Seen(new() { TopP = 0.01f }));
        Assert.Equal([1, 2, 5], Seen(new() { MinP = 0.3f }));
        Assert.Equal([1, 5], Seen(new() { TopK = 3, TopP = 0.8f }));
        Assert.Equal([1], Seen(new() { Temperature = 0 }));
        Assert.Equal([1], Seen(new() { Temperature = 1e-30f, TopK = 1 }));
    }

    [Fact]
    public void Penalties_and_bias_change_the_logits_as_their_formulas_say()
    {
        Assert.Equal(5, Sample(new() { Temperature = 0, PresencePenalty = 0.5f }, [1]));
        Assert.Equal(2, Sample(new() { Temperature = 0, FrequencyPenalty = 0.6f }, [1, 5, 1, 5]));
        Assert.Equal(1, Sample(new() { Temperature = 0, FrequencyPenalty = 0.4f }, [1, 5, 1, 5]));
        Assert.Equal(2, Sample(new() { Temperature = 0, RepetitionPenalty = 2f }, [1, 5]));
        Assert.Equal(4, Sample(new() { Temperature = 0, LogitBias = new Dictionary<int, float> { [4] = 5 } }, []));
    }

    [Fact]
    public void The_same_seed_draws_the_same_and_another_does_not()
    {
        Assert.Equal(Draw(new() { Seed = 9 }, 1000), Draw(new() { Seed = 9 }, 1000));
        Assert.NotEqual(Draw(new() { Seed = 9 }, 1000), Draw(new() { Seed = 10_000 }, 1000));
    }

    [Fact]
    public void All_tokens_masked_is_an_error()
    {
        var sampler = new Sampler(2, 2);
        Assert.Throws<ConstraintDeadEndException>(() => sampler.Sample([float.NegativeInfinity, float.NegativeInfinity], Sequence(new(), [])));
    }

    [Fact]
    public void Rows_beyond_the_tokenizer_are_never_drawn()
    {
        Assert.Equal(0, new Sampler(8, 1).Sample(Logits, Sequence(new() { Temperature = 0 }, [])));
    }

    private static int[] Seen(SamplingOptions options) => [.. Draw(options, 2000).Select((count, i) => (count, i)).Where(x => x.count > 0).Select(x => x.i)];

    private static int[] Draw(SamplingOptions options, int draws)
    {
        var sampler = new Sampler(Logits.Length, Logits.Length);
        var counts = new int[Logits.Length];
        for (var i = 0; i < draws; i++)
        {
            counts[sampler.Sample(Logits, Sequence(options with { Seed = options.Seed + (ulong)i }, []))]++;
        }

        return counts;
    }

    private static int Sample(SamplingOptions options, int[] generated) => new Sampler(Logits.Length, Logits.Length).Sample(Logits, Sequence(options, generated));

    private static Sequence Sequence(SamplingOptions options, int[] generated)
    {
        var request = new GenerationRequest { Prompt = [0], CacheSalt = "", MaxNewTokens = generated.Length + 1, Sampling = options };
        var sequence = new Sequence(new Generation(request, () => { }), new BlockPool(1), 16);
        foreach (var token in generated)
        {
            sequence.Append(token);
        }

        return sequence;
    }
}
