using InternPlatform.Training;
using InternPlatform.Training.Checkpoints;
using Xunit;

namespace InternPlatform.Numerics.Tests.Training;

[Collection("libtorch")]
public sealed class HeldOutTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("held-out-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Each_held_out_shard_is_measured_by_itself_and_all_together_by_their_tokens()
    {
        var (train, first, second) = (TinyRun.Shard(folder), TinyRun.Shard(folder, samples: 9, seed: 8), TinyRun.Shard(folder, samples: 30, seed: 9));
        var both = Run("both", train, first, second);
        var alone = Run("alone", train, second);

        Assert.Equal(2, both.HeldOut.Count);
        Assert.Equal(alone.HeldOut[0], both.HeldOut[1]);
        Assert.Equal((alone.ValidationPerplexity, alone.BigramPerplexity), (alone.HeldOut[0].Perplexity, alone.HeldOut[0].Bigram));
        var tokens = both.HeldOut.Sum(shard => shard.Scored);
        Assert.Equal(both.ValidationLoss, both.HeldOut.Sum(shard => shard.Scored * Math.Log(shard.Perplexity)) / tokens, 1e-9);
        Assert.Equal(Math.Log(both.BigramPerplexity), both.HeldOut.Sum(shard => shard.Scored * Math.Log(shard.Bigram)) / tokens, 1e-9);
    }

    [Fact]
    public void A_validation_on_the_way_reads_of_every_shard()
    {
        var (train, first, second) = (TinyRun.Shard(folder), TinyRun.Shard(folder, samples: 200, seed: 8), TinyRun.Shard(folder, samples: 3, seed: 9));
        var options = TinyRun.Options with { ValidateEverySteps = 6, ValidationRows = 4 };
        var (one, two) = (new Losses(), new Losses());
        Pretraining.Run(options, [train], [first], Path.Combine(folder, "one"), one, new DurableFiles(null), CancellationToken.None);
        Pretraining.Run(options, [train], [first, second], Path.Combine(folder, "two"), two, new DurableFiles(null), CancellationToken.None);

        Assert.Equal(one.Found.Keys, two.Found.Keys);
        Assert.NotEqual(one.Found[6], two.Found[6]);
    }

    private PretrainResult Run(string name, string train, params string[] valid) =>
        Pretraining.Run(TinyRun.Options, [train], valid, Path.Combine(folder, name), new Losses(), new DurableFiles(null), CancellationToken.None);

    private sealed class Losses : ITrainingObserver
    {
        public Dictionary<long, double> Found { get; } = [];

        public void Step(TrainingStep step)
        {
        }

        public void Validation(long step, double loss) => Found[step] = loss;

        public void Checkpoint(long step, string folder)
        {
        }
    }
}
