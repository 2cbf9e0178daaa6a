using InternPlatform.Tokenization;
using InternPlatform.Training;
using InternPlatform.Training.Checkpoints;

namespace InternPlatform.Numerics.Tests.Training;

/// <summary>A run of a few steps over made-up tokens: small enough to be repeated hundreds of times.</summary>
/// <remarks>libtorch's thread count and its count of live tensors belong to the process: classes that use it share the collection "libtorch".</remarks>
internal static class TinyRun
{
    public static readonly PretrainOptions Options = new()
    {
        VocabularySize = 40, HiddenSize = 16, IntermediateSize = 24, LayerCount = 2, HeadCount = 2, KvHeadCount = 1, SequenceLength = 16,
        BatchSize = 2, TokenBudget = 12 * 32, WarmupSteps = 2, CheckpointEverySteps = 3, ValidateEverySteps = 0, Threads = 1, Seed = 5,
    };

    public static string Shard(string folder, int samples = 60, int seed = 3)
    {
        var path = Path.Combine(folder, $"data-{seed}.bin");
        var random = new Random(seed);
        using var writer = new TokenShardWriter(path);
        for (var i = 0; i < samples; i++)
        {
            writer.Add([.. Enumerable.Range(0, 3 + random.Next(20)).Select(t => t % 7 == 1 ? -(1 + random.Next(39)) : 1 + random.Next(39))]);
        }

        writer.Complete();
        return path;
    }

    public static PretrainResult Run(
        PretrainOptions options, string shard, string folder, Action<FileOperation, string>? before = null, CancellationTokenSource? pause = null,
        Action<TrainingStep>? onStep = null)
    {
        Directory.CreateDirectory(folder);
        return Pretraining.Run(options, [shard], [], folder, new Observer(onStep), new DurableFiles(before), pause?.Token ?? CancellationToken.None);
    }

    internal sealed class Observer(Action<TrainingStep>? onStep) : ITrainingObserver
    {
        public void Step(TrainingStep step) => onStep?.Invoke(step);

        public void Validation(long step, double loss)
        {
        }

        public void Checkpoint(long step, string folder)
        {
        }
    }
}
