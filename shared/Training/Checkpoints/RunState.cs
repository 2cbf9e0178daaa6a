using System.Text.Json.Serialization;

namespace InternPlatform.Training.Checkpoints;

/// <summary>What a checkpoint holds beside tensors. There is no generator state: data order and first weights are functions of the seed and the step.</summary>
internal sealed record RunState
{
    public const string FileName = "state.json";

    /// <summary>As given, with the compute type and threads in force.</summary>
    public required PretrainOptions Options { get; init; }

    /// <summary>What a tuning adds to the options; null in pretraining.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TuningState? Tuning { get; init; }

    /// <summary>Hash of the training tokens, so that a run does not go on with other data.</summary>
    public required string DataHash { get; init; }

    /// <summary>Optimizer steps done, skipped ones included; the next row to read follows from it.</summary>
    public required long Step { get; init; }

    /// <summary>Optimizer updates done.</summary>
    public required long Updates { get; init; }

    /// <summary>Steps skipped in a row up to here.</summary>
    public required int SkippedInARow { get; init; }

    /// <summary>Length of the loss log at this step.</summary>
    public required long LossLogBytes { get; init; }

    /// <summary>SHA-256 over all trained weights as float32, in the order of the weights file.</summary>
    public required string WeightsHash { get; init; }

    /// <summary>Input tokens read, filler left out.</summary>
    public long TokensRead { get; init; }

    /// <summary>Labels scored.</summary>
    public long TokensScored { get; init; }

    /// <summary>Held-out loss before the first step of a tuning.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FirstLoss { get; init; }
}

/// <summary>What makes a tuning this one: method, rank and α of the additions (0 in full tuning), and SHA-256 of the base model's weights.</summary>
internal sealed record TuningState(TuningMethod Method, int LoraRank, double LoraAlpha, string BaseWeights);
