using InternPlatform.Training.Data;
using Xunit;

namespace InternPlatform.Numerics.Tests.Training;

public sealed class PackingTests
{
    [Fact]
    public void Every_token_of_every_sample_is_read_once_an_epoch_and_short_samples_stay_whole()
    {
        var random = new Random(1);
        var samples = TokenSamples.Of(Enumerable.Range(0, 200).Select(i => Enumerable.Range(0, 1 + random.Next(40)).Select(t => 1 + ((i + t) % 30)).ToArray()));
        var packed = PackedEpoch.Shuffled(samples, 16, seed: 7, stream: 0, epoch: 0);
        var batch = new Batch(1, 16);
        var (tokens, starts) = (0, 0);
        for (var row = 0; row < packed.Count; row++)
        {
            packed.Fill(batch, 0, row, samples);
            tokens += batch.Ids.Count(id => id != 0);
            starts += Enumerable.Range(0, 16).Count(t => batch.Ids[t] != 0 && batch.Positions[t] == 0);
        }

        Assert.Equal(samples.TotalTokens, tokens);
        Assert.Equal(Enumerable.Range(0, samples.Count).Sum(i => (samples[i].Length + 15) / 16), starts);
        Assert.InRange(packed.Count * 16.0 / tokens, 1, 1.05);
    }

    [Fact]
    public void The_place_after_skipping_is_the_place_after_reading()
    {
        var samples = TokenSamples.Of(Enumerable.Range(0, 50).Select(i => Enumerable.Range(1, 3 + (i % 9)).ToArray()));
        RowMixer Mixer() => new([new RowStream(samples, 16, 3, 0), new RowStream(samples, 16, 3, 1)], [.25, .75]);
        var (read, skipped) = (Mixer(), Mixer());
        var (a, b) = (new Batch(1, 16), new Batch(1, 16));
        for (var row = 0; row < 100; row++)
        {
            read.Next(a, 0);
        }

        skipped.Skip(100);
        read.Next(a, 0);
        skipped.Next(b, 0);
        Assert.Equal(a.Ids, b.Ids);
    }
}
