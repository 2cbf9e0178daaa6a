namespace InternPlatform.Contracts.Finetuning;

/// <summary>Spec of the fine-tuning job <c>sft</c>: supervised tuning on dialogues, loss on the assistant's turns only.</summary>
public sealed record SftSpec
{
    /// <summary>Name of the model it makes.</summary>
    public required string Name { get; init; }
    public required string BaseModelArtifactId { get; init; }

    /// <summary>Artefacts of data-set versions whose rows are dialogues.</summary>
    public required IReadOnlyList<string> DatasetArtifactIds { get; init; }

    /// <summary>A name of the template registry.</summary>
    public string ChatTemplate { get; init; } = "internlm2";

    /// <summary><c>lora</c> or <c>full</c>.</summary>
    public string Method { get; init; } = "lora";
    public int LoraRank { get; init; } = 8;
    public double LoraAlpha { get; init; } = 16;
    public int SequenceLength { get; init; } = 128;
    public int BatchSize { get; init; } = 16;

    /// <summary>Training tokens, padding left out; null: <see cref="Epochs"/> times the data.</summary>
    public long? TokenBudget { get; init; }
    public double Epochs { get; init; } = 1;
    public double LearningRate { get; init; } = 4e-3;
    public int WarmupSteps { get; init; } = 10;
    public double ClipNorm { get; init; } = 1;

    /// <summary>Share of dialogues kept out of training to measure the loss on.</summary>
    public double ValidationShare { get; init; } = 0.02;

    /// <summary>Asked at the start, at each checkpoint and at the end; the answers are written to the log and the result.</summary>
    public IReadOnlyList<string> SamplePrompts { get; init; } = [];
    public int CheckpointEverySteps { get; init; } = 100;
    public int Seed { get; init; } = 1;
}

public sealed record SftResult
{
    /// <summary>The merged model, a Hugging Face folder with its stop ids.</summary>
    public required string ModelArtifactId { get; init; }

    /// <summary>The adapter in PEFT's form; null for full tuning.</summary>
    public string? AdapterArtifactId { get; init; }
    public required long Steps { get; init; }
    public required long Tokens { get; init; }

    /// <summary>Tokens that the loss was taken on.</summary>
    public required long ScoredTokens { get; init; }
    public required long TrainableParameters { get; init; }
    public required long Parameters { get; init; }

    /// <summary>Nats per scored token on the dialogues kept out, before and after.</summary>
    public required double ValidationLossBefore { get; init; }
    public required double ValidationLossAfter { get; init; }
    public required SftRows Rows { get; init; }
    public required IReadOnlyList<SampleAnswer> Answers { get; init; }

    /// <summary>SHA-256 over all merged weights in name order: equal after any number of kills.</summary>
    public required string WeightsSha256 { get; init; }
    public required string LossLogSha256 { get; init; }
}

/// <summary>What became of the rows. Nothing is dropped silently.</summary>
public sealed record SftRows
{
    public required long Read { get; init; }
    public required long Used { get; init; }

    /// <summary>Plain texts, which have no answer to learn.</summary>
    public required long NotDialogues { get; init; }

    /// <summary>Dialogues without an assistant's turn, or with an empty one.</summary>
    public required long WithoutAnswer { get; init; }

    /// <summary>Dialogues cut at the sequence length.</summary>
    public required long Cut { get; init; }

    /// <summary>Dialogues whose answers all lie behind the cut.</summary>
    public required long CutAway { get; init; }
}

public sealed record SampleAnswer
{
    public required long Step { get; init; }
    public required string Prompt { get; init; }
    public required string Answer { get; init; }
}

/// <summary>Body of <c>POST /api/finetuning/preview</c>: how a dialogue is turned into tokens, and which of them are learned.</summary>
public sealed record PreviewTokens
{
    public required string BaseModelArtifactId { get; init; }
    public required string DatasetArtifactId { get; init; }

    /// <summary>First row to show, from 0.</summary>
    public long Row { get; init; }
    public int Rows { get; init; } = 3;
    public string ChatTemplate { get; init; } = "internlm2";
    public int SequenceLength { get; init; } = 128;
}

public sealed record TokensPreview
{
    public required IReadOnlyList<DialogueTokens> Dialogues { get; init; }
    public required long Total { get; init; }

    /// <summary>What of the base model decides how many parameters a tuning trains.</summary>
    public BaseModelShape? Base { get; init; }
}

public sealed record BaseModelShape
{
    public required long Parameters { get; init; }
    public required int ContextLength { get; init; }

    /// <summary>The maps that low-rank additions go to: each takes rank · (inputs + outputs) parameters.</summary>
    public required IReadOnlyList<LinearMapShape> LinearMaps { get; init; }
}

public sealed record LinearMapShape
{
    public required string Name { get; init; }
    public required int Inputs { get; init; }
    public required int Outputs { get; init; }

    /// <summary>How many of them the model has: one a layer.</summary>
    public required int Count { get; init; }
}

public sealed record DialogueTokens
{
    public required long Row { get; init; }
    public required IReadOnlyList<PreviewToken> Tokens { get; init; }

    /// <summary>Why the row would not be used; null: it is.</summary>
    public string? Problem { get; init; }
    public required int Scored { get; init; }
}

public sealed record PreviewToken
{
    public required int Id { get; init; }
    public required string Text { get; init; }

    /// <summary>Whether the loss is taken on it.</summary>
    public required bool IsScored { get; init; }

    /// <summary>Whether it lies behind the sequence length.</summary>
    public required bool IsCut { get; init; }
}

/// <summary><c>GET /api/finetuning/templates</c>.</summary>
public sealed record ChatTemplateView
{
    public required string Name { get; init; }

    /// <summary>A short dialogue as the template writes it.</summary>
    public required string Example { get; init; }
    public required IReadOnlyList<string> Stops { get; init; }
}
