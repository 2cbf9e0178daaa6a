using InternPlatform.Models;
using InternPlatform.Training.Checkpoints;
using InternPlatform.Training.Loop;

namespace InternPlatform.Training;

/// <summary>Dialogues as token ids, one array each; a negative id is read but not scored (InternEvo's convention).</summary>
/// <param name="Train">What is learned; longer ones than the sequence length are cut into parts.</param>
/// <param name="Valid">What the loss is measured on; may be empty.</param>
public sealed record TuningData(IReadOnlyList<int[]> Train, IReadOnlyList<int[]> Valid);

/// <summary>How a tuning ended.</summary>
public sealed record TuneResult
{
    /// <summary>False: paused after a checkpoint; run it again to go on.</summary>
    public required bool Completed { get; init; }

    /// <summary>Optimizer steps done.</summary>
    public required long Steps { get; init; }

    /// <summary>Input tokens read, filler left out.</summary>
    public required long Tokens { get; init; }

    /// <summary>Tokens the loss was taken on.</summary>
    public required long ScoredTokens { get; init; }

    /// <summary>Weights that were changed.</summary>
    public required long TrainableParameters { get; init; }

    /// <summary>Weights of the model, additions left out.</summary>
    public required long Parameters { get; init; }

    /// <summary>Mean nats per scored token of the dialogues kept out, before the first step; NaN without any.</summary>
    public required double ValidationLossBefore { get; init; }

    /// <summary>The same after the last step; NaN when paused.</summary>
    public required double ValidationLossAfter { get; init; }

    /// <summary>SHA-256 over the trained weights as float32.</summary>
    public required string WeightsHash { get; init; }

    /// <summary>Folder of the last checkpoint; <see cref="TuningExport"/> reads it.</summary>
    public required string CheckpointFolder { get; init; }
}

/// <summary>Supervised tuning of a model folder on dialogues.</summary>
public static class Tuning
{
    /// <summary>Runs to the budget, resuming from the newest complete checkpoint in the folder if there is one.</summary>
    /// <param name="options">Complete configuration. A resumed run may change only budget and checkpoint interval.</param>
    /// <param name="model">The base model.</param>
    /// <param name="data">Dialogues of its tokenizer.</param>
    /// <param name="checkpointFolder">Made if missing. A checkpoint of low-rank tuning holds the additions alone.</param>
    /// <param name="observer">Called on this thread.</param>
    /// <param name="pause">When cancelled, the run writes a checkpoint after the current step and returns with Completed false.</param>
    /// <returns>Figures of the run. On one machine, thread count and compute type an interrupted run ends with the same bits as an undisturbed one.</returns>
    /// <exception cref="TrainingException">Bad options, tokens of another vocabulary, a damaged checkpoint, or losses that stay non-finite.</exception>
    public static TuneResult Run(
        TuneOptions options, ModelFolder model, TuningData data, string checkpointFolder, ITrainingObserver observer, CancellationToken pause) =>
        Run(options, model, data, checkpointFolder, observer, new DurableFiles(null), pause);

    internal static TuneResult Run(
        TuneOptions options, ModelFolder model, TuningData data, string checkpointFolder, ITrainingObserver observer, DurableFiles files, CancellationToken pause)
    {
        options.Validate(model.Config);
        LibTorch.Load();
        Directory.CreateDirectory(checkpointFolder);
        using var run = TuningRun.Open(options, model, data, checkpointFolder, observer, files);
        return run.Train(pause);
    }
}
