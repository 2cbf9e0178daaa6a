using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Benchmarks;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Evaluation.Asking;

/// <summary>A question with tools, over chat completions: either the call is asked for and compared, or the right call with its result is given and the answer has to use it.</summary>
internal static class ToolAsker
{
    private const int LongestAnswer = 96;

    public static Task<SampleView> AskAsync(AskedModel model, SampleTask task, int seed, CancellationToken cancellationToken) =>
        task.Measure == Measure.CallExact ? CallAsync(model, task, seed, cancellationToken) : UseAsync(model, task, seed, cancellationToken);

    private static async Task<SampleView> CallAsync(AskedModel model, SampleTask task, int seed, CancellationToken cancellationToken)
    {
        var tool = task.Question.Tool!;
        var body = Body(model, task, seed);
        body["tool_choice"] = "required";
        var answer = await SendAsync(model, body, cancellationToken);
        var expected = $"{tool.Name} {tool.ArgumentsJson}";
        var prompt = body["messages"]!.ToJsonString(Readable);
        if (answer.ToolCalls is not [{ Function: { Name: { } name, Arguments: { } arguments } }, ..])
        {
            var wrote = answer.Content ?? "";
            return task.Sample(prompt, wrote, SampleTask.Unparsed) with { Expected = expected, Problem = "The model made no call.", Details = Details(tool) };
        }

        var output = $"{name} {arguments}";
        return Parse(arguments) is not { } given
            ? task.Sample(prompt, output, SampleTask.Unparsed) with { Expected = expected, Problem = "The arguments are not JSON.", Details = Details(tool) }
            : task.Sample(prompt, output, name == tool.Name && JsonElement.DeepEquals(given, JsonElement.Parse(tool.ArgumentsJson)) ? SampleTask.Right : SampleTask.Wrong) with
            {
                Expected = expected,
                Extracted = output,
                Details = Details(tool),
            };
    }

    private static async Task<SampleView> UseAsync(AskedModel model, SampleTask task, int seed, CancellationToken cancellationToken)
    {
        var tool = task.Question.Tool!;
        var body = Body(model, task, seed);
        var messages = body["messages"]!.AsArray();
        messages.Add(new JsonObject
        {
            ["role"] = "assistant",
            ["tool_calls"] = new JsonArray(new JsonObject
            {
                ["id"] = "call-1",
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = tool.Name, ["arguments"] = tool.ArgumentsJson },
            }),
        });
        messages.Add(new JsonObject { ["role"] = "tool", ["tool_call_id"] = "call-1", ["content"] = tool.Result });
        // The answer is wanted now, not another call.
        body["tool_choice"] = "auto";
        var answer = await SendAsync(model, body, cancellationToken);
        var text = answer.Content?.Trim() ?? "";
        var prompt = messages.ToJsonString(Readable);
        return text.Length == 0
            ? task.Sample(prompt, "", SampleTask.Unparsed) with { Problem = "The model wrote nothing.", Details = Details(tool) }
            : task.Sample(prompt, text, HasNumber(text, tool.Result) ? SampleTask.Right : SampleTask.Wrong) with { Extracted = LastNumber.In(text) ?? text, Details = Details(tool) };
    }

    /// <summary>The result as a whole: 12 does not stand in 3128.</summary>
    private static bool HasNumber(string text, string result)
    {
        for (var at = text.IndexOf(result, StringComparison.Ordinal); at >= 0; at = text.IndexOf(result, at + 1, StringComparison.Ordinal))
        {
            var isAlone = (at == 0 || !char.IsAsciiDigit(text[at - 1])) && (at + result.Length == text.Length || !char.IsAsciiDigit(text[at + result.Length]));
            if (isAlone)
            {
                return true;
            }
        }

        return false;
    }

    private static JsonObject Body(AskedModel model, SampleTask task, int seed) => new()
    {
        ["model"] = model.Endpoint.Model,
        ["messages"] = new JsonArray([.. task.Question.Messages.Select(message => new JsonObject { ["role"] = message.Role, ["content"] = message.Content })]),
        ["tools"] = JsonNode.Parse(task.Question.Tool!.ToolsJson),
        ["temperature"] = 0,
        ["seed"] = seed,
        ["max_tokens"] = LongestAnswer,
    };

    private static JsonSerializerOptions Readable => OpenAiForm.Options;

    private static Task<ChatAnswer> SendAsync(AskedModel model, JsonObject body, CancellationToken cancellationToken) =>
        model.Endpoint.ChatAsync(JsonSerializer.SerializeToUtf8Bytes(body, OpenAiForm.Options), cancellationToken);

    private static JsonElement? Parse(string arguments)
    {
        try
        {
            return JsonElement.Parse(arguments);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonElement Details(ToolQuestion tool) => JsonSerializer.SerializeToElement(new { digits = tool.Digits }, PlatformJson.Options);
}
