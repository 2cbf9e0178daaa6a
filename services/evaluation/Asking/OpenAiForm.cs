using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace InternPlatform.Evaluation.Asking;

/// <summary>The part of OpenAI's protocol that an evaluation speaks: snake_case.</summary>
internal static class OpenAiForm
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}

/// <summary>A model of <c>GET /v1/models/{id}</c>.</summary>
internal sealed record ServedModel
{
    public string? State { get; init; }
    public int? ContextLength { get; init; }
    public IReadOnlyList<string>? Capabilities { get; init; }
    public string? Template { get; init; }
}

/// <summary>Body of <c>POST /v1/completions</c>, with prompts as token ids: in them a special token is what it is, and plain text never becomes one.</summary>
internal sealed record CompletionAsk
{
    public required string Model { get; init; }
    public required IReadOnlyList<int[]> Prompt { get; init; }
    public required int MaxTokens { get; init; }
    public bool? Echo { get; init; }
    public int? Logprobs { get; init; }
    public double Temperature { get; init; }
    public int Seed { get; init; }

    /// <summary>Nothing is generated; the prompts' own log-probabilities come back.</summary>
    public static CompletionAsk Score(string model, IReadOnlyList<int[]> prompts) => new() { Model = model, Prompt = prompts, MaxTokens = 0, Echo = true, Logprobs = 0 };
}

internal sealed record CompletionAnswer
{
    public required IReadOnlyList<CompletionChoice> Choices { get; init; }
}

internal sealed record CompletionChoice
{
    public int Index { get; init; }
    public string? Text { get; init; }
    public CompletionLogProbs? Logprobs { get; init; }
    public string? FinishReason { get; init; }
}

internal sealed record CompletionLogProbs
{
    /// <summary>In nats, one for each token of the prompt; the first has none.</summary>
    public required IReadOnlyList<double?> TokenLogprobs { get; init; }
}

internal sealed record ChatCompletionAnswer
{
    public required IReadOnlyList<ChatChoice> Choices { get; init; }
}

internal sealed record ChatChoice
{
    public required ChatAnswer Message { get; init; }
}

internal sealed record ChatAnswer
{
    public string? Content { get; init; }
    public IReadOnlyList<CalledTool>? ToolCalls { get; init; }
}

internal sealed record CalledTool
{
    public CalledFunction? Function { get; init; }
}

internal sealed record CalledFunction
{
    public string? Name { get; init; }
    public string? Arguments { get; init; }
}
