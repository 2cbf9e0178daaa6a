using System.Text.Json;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>Fields that both generation routes have. Those known to OpenAI and not served here are listed, so that they can be refused by name.</summary>
internal abstract record GenerationFields
{
    public string? Model { get; init; }
    public float? Temperature { get; init; }
    public float? TopP { get; init; }
    public int? N { get; init; }
    public bool? Stream { get; init; }
    public StreamOptions? StreamOptions { get; init; }

    /// <summary>A string or a list of strings.</summary>
    public JsonElement? Stop { get; init; }
    public int? MaxTokens { get; init; }
    public float? PresencePenalty { get; init; }
    public float? FrequencyPenalty { get; init; }
    public Dictionary<string, float>? LogitBias { get; init; }
    public long? Seed { get; init; }
    public string? User { get; init; }

    // Extensions that LMDeploy and vLLM users send.
    public int? TopK { get; init; }
    public float? MinP { get; init; }
    public float? RepetitionPenalty { get; init; }
    public bool? IgnoreEos { get; init; }
    public int? MinNewTokens { get; init; }
    public int? MinTokens { get; init; }
}

internal sealed record StreamOptions
{
    public bool? IncludeUsage { get; init; }
}

/// <summary>Body of <c>POST /v1/chat/completions</c>.</summary>
internal sealed record ChatRequest : GenerationFields
{
    public IReadOnlyList<ChatRequestMessage>? Messages { get; init; }
    public int? MaxCompletionTokens { get; init; }
    public bool? Logprobs { get; init; }
    public int? TopLogprobs { get; init; }
    public ResponseFormat? ResponseFormat { get; init; }
    public JsonElement? Tools { get; init; }
    public JsonElement? ToolChoice { get; init; }
    public bool? ParallelToolCalls { get; init; }

    // Known to OpenAI, not served here.
    public JsonElement? Audio { get; init; }
    public JsonElement? Functions { get; init; }
    public JsonElement? FunctionCall { get; init; }
    public JsonElement? Modalities { get; init; }
    public JsonElement? Prediction { get; init; }
    public JsonElement? ReasoningEffort { get; init; }
    public JsonElement? Verbosity { get; init; }
    public JsonElement? WebSearchOptions { get; init; }
    public bool? Store { get; init; }
}

internal sealed record ChatRequestMessage
{
    public string? Role { get; init; }

    /// <summary>A string, or a list of parts.</summary>
    public JsonElement? Content { get; init; }
    public string? Name { get; init; }
    public string? ToolCallId { get; init; }
    public IReadOnlyList<ToolCallPart>? ToolCalls { get; init; }
}

internal sealed record ToolCallPart
{
    public string? Id { get; init; }
    public string? Type { get; init; }
    public FunctionPart? Function { get; init; }
}

internal sealed record FunctionPart
{
    public string? Name { get; init; }
    public string? Arguments { get; init; }
}

internal sealed record ResponseFormat
{
    public string? Type { get; init; }
    public JsonSchemaFormat? JsonSchema { get; init; }

    /// <summary>A regular expression that the whole answer matches; LMDeploy's name for it.</summary>
    public string? RegexSchema { get; init; }
}

internal sealed record JsonSchemaFormat
{
    public string? Name { get; init; }
    public JsonElement? Schema { get; init; }
    public bool? Strict { get; init; }
}

/// <summary>Body of <c>POST /v1/completions</c>.</summary>
internal sealed record CompletionRequest : GenerationFields
{
    /// <summary>A string, a list of strings, token ids, or a list of lists of token ids.</summary>
    public JsonElement? Prompt { get; init; }
    public bool? Echo { get; init; }
    public int? Logprobs { get; init; }

    // Known to OpenAI, not served here.
    public string? Suffix { get; init; }
    public int? BestOf { get; init; }
}

/// <summary>Body of <c>POST /v1/embeddings</c>.</summary>
internal sealed record EmbeddingRequest
{
    public string? Model { get; init; }

    /// <summary>A string, a list of strings, token ids, or a list of lists of token ids.</summary>
    public JsonElement? Input { get; init; }

    /// <summary><c>float</c>, or <c>base64</c> of little-endian f32.</summary>
    public string? EncodingFormat { get; init; }
    public string? User { get; init; }

    // Known to OpenAI, not served here.
    public int? Dimensions { get; init; }
}
