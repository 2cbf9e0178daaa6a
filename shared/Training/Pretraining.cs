using InternPlatform.Training.Checkpoints;
using InternPlatform.Training.Loop;

namespace InternPlatform.Training;

/// <summary>Trains a base model from token shards.</summary>
public static class Pretraining
{
    /// <summary>Runs to the token budget, resuming from the newest complete checkpoint in the folder if there is one.</summary>
    /// <param name="options">Complete configuration. A resumed run may change only budget, checkpoint and validation intervals.</param>
    /// <param name="trainShards">InternEvo .bin shards; a negative id is not scored.</param>
    /// <param name="validShards">Held-out shards; may be empty.</param>
    /// <param name="checkpointFolder">Made if missing; holds step-N folders and loss.tsv. One run at a time.</param>
    /// <param name="observer">Called on this thread.</param>
    /// <param name="pause">When cancelled, the run writes a checkpoint after the current step and returns with Completed false.</param>
    /// <returns>Figures of the run. On one machine, thread count and compute type an interrupted run ends with the same bits as an undisturbed one.</returns>
    /// <exception cref="TrainingException">Bad options, shards of another vocabulary, a damaged checkpoint, or losses that stay non-finite.</exception>
    public static PretrainResult Run(
        PretrainOptions options, IReadOnlyList<string> trainShards, IReadOnlyList<string> validShards, string checkpointFolder,
        ITrainingObserver observer, CancellationToken pause) =>
        Run(options, trainShards, validShards, checkpointFolder, observer, new DurableFiles(null), pause);

    internal static PretrainResult Run(
        PretrainOptions options, IReadOnlyList<string> trainShards, IReadOnlyList<string> validShards, string checkpointFolder,
        ITrainingObserver observer, DurableFiles files, CancellationToken pause)
    {
        options.Validate();
        LibTorch.Load();
        Directory.CreateDirectory(checkpointFolder);
        using var run = PretrainingRun.Open(options, trainShards, validShards, checkpointFolder, observer, files);
        return run.Train(pause);
    }
}
