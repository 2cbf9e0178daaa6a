using System.Text.Json;
using System.Text.Json.Serialization;

namespace InternPlatform.Deployment.OpenAi;

internal sealed record Usage
{
    public required int PromptTokens { get; init; }
    public required int CompletionTokens { get; init; }
    public required int TotalTokens { get; init; }
    public required PromptTokensDetails PromptTokensDetails { get; init; }
}

internal sealed record PromptTokensDetails
{
    public required int CachedTokens { get; init; }
}

internal sealed record ErrorBody
{
    public required ErrorDetail Error { get; init; }
}

/// <summary>All four members are always there, as OpenAI has them.</summary>
internal sealed record ErrorDetail
{
    public required string Message { get; init; }
    public required string Type { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required string? Param { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required string? Code { get; init; }
}

internal sealed record ChatCompletion
{
    public required string Id { get; init; }
    public string Object { get; } = "chat.completion";
    public required long Created { get; init; }
    public required string Model { get; init; }
    public required IReadOnlyList<ChatChoice> Choices { get; init; }
    public required Usage Usage { get; init; }
    public required string SystemFingerprint { get; init; }
}

internal sealed record ChatChoice
{
    public required int Index { get; init; }
    public required ChatAnswer Message { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required ChatLogProbs? Logprobs { get; init; }
    public required string FinishReason { get; init; }
}

internal sealed record ChatAnswer
{
    public string Role { get; } = "assistant";

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required string? Content { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Refusal { get; init; }
    public IReadOnlyList<ToolCallAnswer>? ToolCalls { get; init; }
}

/// <summary>A call; in a stream its later pieces carry the index and more arguments alone.</summary>
internal sealed record ToolCallAnswer
{
    /// <summary>Only in a stream.</summary>
    public int? Index { get; init; }
    public string? Id { get; init; }
    public string? Type { get; init; }
    public required FunctionAnswer Function { get; init; }
}

internal sealed record FunctionAnswer
{
    public string? Name { get; init; }
    public required string Arguments { get; init; }
}

internal sealed record ChatLogProbs
{
    public required IReadOnlyList<TokenLogProbAnswer> Content { get; init; }
}

internal record LogProbAnswer
{
    public required string Token { get; init; }
    public required double Logprob { get; init; }
    public required IReadOnlyList<int> Bytes { get; init; }
}

internal sealed record TokenLogProbAnswer : LogProbAnswer
{
    public required IReadOnlyList<LogProbAnswer> TopLogprobs { get; init; }
}

internal record ChatChunk
{
    public required string Id { get; init; }
    public string Object { get; } = "chat.completion.chunk";
    public required long Created { get; init; }
    public required string Model { get; init; }
    public required IReadOnlyList<ChatChunkChoice> Choices { get; init; }
    public required string SystemFingerprint { get; init; }
}

/// <summary>With <c>include_usage</c> every chunk has the member, null but for the last.</summary>
internal sealed record ChatChunkWithUsage : ChatChunk
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required Usage? Usage { get; init; }
}

internal sealed record ChatChunkChoice
{
    public required int Index { get; init; }
    public required ChatDelta Delta { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public ChatLogProbs? Logprobs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? FinishReason { get; init; }
}

internal sealed record ChatDelta
{
    public string? Role { get; init; }
    public string? Content { get; init; }
    public IReadOnlyList<ToolCallAnswer>? ToolCalls { get; init; }
}

/// <summary>Answer, and chunk of a streamed answer, of <c>/v1/completions</c>.</summary>
internal record Completion
{
    public required string Id { get; init; }
    public string Object { get; } = "text_completion";
    public required long Created { get; init; }
    public required string Model { get; init; }
    public required IReadOnlyList<CompletionChoice> Choices { get; init; }
    public required string SystemFingerprint { get; init; }
}

internal sealed record CompletionWithUsage : Completion
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required Usage? Usage { get; init; }
}

internal sealed record CompletionChoice
{
    public required int Index { get; init; }
    public required string Text { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required CompletionLogProbs? Logprobs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required string? FinishReason { get; init; }
}

/// <summary>Four lists of one length; the first prompt token has no probability.</summary>
internal sealed record CompletionLogProbs
{
    public required IReadOnlyList<string> Tokens { get; init; }
    public required IReadOnlyList<double?> TokenLogprobs { get; init; }
    public required IReadOnlyList<IReadOnlyDictionary<string, double>?> TopLogprobs { get; init; }
    public required IReadOnlyList<int> TextOffset { get; init; }
}

internal sealed record ModelList
{
    public string Object { get; } = "list";
    public required IReadOnlyList<ModelCard> Data { get; init; }
}

internal sealed record ModelCard
{
    public required string Id { get; init; }
    public string Object { get; } = "model";
    public required long Created { get; init; }
    public string OwnedBy { get; } = "intern-platform";

    /// <summary>The model that this one is an adapter of.</summary>
    public string? Parent { get; init; }
    public required string State { get; init; }
    public int? ContextLength { get; init; }
    public IReadOnlyList<string>? Capabilities { get; init; }
    public string? Template { get; init; }
    public int? WeightBits { get; init; }
    public string? Quantization { get; init; }
}

/// <summary>Answer of <c>/v1/embeddings</c>.</summary>
internal sealed record EmbeddingList
{
    public string Object { get; } = "list";
    public required IReadOnlyList<EmbeddingItem> Data { get; init; }
    public required string Model { get; init; }
    public required EmbeddingUsage Usage { get; init; }
}

internal sealed record EmbeddingItem
{
    public string Object { get; } = "embedding";
    public required int Index { get; init; }

    /// <summary>Numbers, or base64.</summary>
    public required JsonElement Embedding { get; init; }
}

internal sealed record EmbeddingUsage
{
    public required int PromptTokens { get; init; }
    public required int TotalTokens { get; init; }
}
