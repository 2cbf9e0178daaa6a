using System.Text.Json;
using InternPlatform.Inference.Engine;
using InternPlatform.Inference.Text;
using InternPlatform.Tokenization;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>What every answer and chunk of a request has in common.</summary>
internal sealed record AnswerHead(string Id, long Created, ServedModel Model)
{
    public static string Reason(TextEnd end, bool hasCalls) => hasCalls ? "tool_calls" : end.Reason == FinishReason.Length ? "length" : "stop";

    public static ToolCallAnswer Call(ChatToolCall call) => new()
    {
        Id = ServedModel.NewId("call"),
        Type = "function",
        Function = new() { Name = call.Name, Arguments = call.ArgumentsJson },
    };

    /// <summary>A call as two pieces of a stream: id, type and name; then the arguments under the same index.</summary>
    public static (ToolCallAnswer Begin, ToolCallAnswer Arguments) CallParts(ChatToolCall call, int index) => (
        new() { Index = index, Id = ServedModel.NewId("call"), Type = "function", Function = new() { Name = call.Name, Arguments = "" } },
        new() { Index = index, Function = new() { Arguments = call.ArgumentsJson } });

    /// <summary>The prompt of several answers to one question is counted once.</summary>
    public Usage Usage(Choices choices, IReadOnlyList<TextEnd> ends, int answersPerPrompt = int.MaxValue)
    {
        var step = Math.Min(answersPerPrompt, choices.Count);
        var prompt = Enumerable.Range(0, choices.Count).Where(i => i % step == 0).Sum(i => choices[i].PromptTokens);
        var completion = ends.Sum(end => end.CompletionTokens);
        return new()
        {
            PromptTokens = prompt,
            CompletionTokens = completion,
            TotalTokens = prompt + completion,
            PromptTokensDetails = new() { CachedTokens = Enumerable.Range(0, choices.Count).Where(i => i % step == 0).Sum(i => ends[i].CachedTokens) },
        };
    }
}

internal static class JsonFields
{
    /// <summary>There, and not null.</summary>
    public static bool IsGiven(this JsonElement? element) => element is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) };
}
