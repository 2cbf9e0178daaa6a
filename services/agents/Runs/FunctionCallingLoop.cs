using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Agents.Tools;

namespace InternPlatform.Agents.Runs;

/// <summary>
/// The model calls tools by the API's own <c>tools</c>. Where a tool must run first, the model is held to a call until one has answered
/// (<c>tool_choice: required</c>, which also holds the arguments to the schema); after that, and after a mended call, it decides.
/// </summary>
internal sealed class FunctionCallingLoop(bool toolFirst) : IAgentLoop
{
    public Move Next(RunTrail trail)
    {
        if (trail.LastModel is not { Reply: { } reply } model)
        {
            return new Move.Ask();
        }

        var after = trail.After(model).ToList();
        if (after.Find(step => step.Kind == StepKind.Answer) is { } answer)
        {
            return new Move.Succeed(answer.Text!);
        }

        var calls = after.FindAll(step => step.Kind == StepKind.ToolCall);
        if (calls.Count < reply.Calls.Count)
        {
            var call = reply.Calls[calls.Count];
            return trail.Call(call.Name, call.ArgumentsJson, model.Number);
        }

        if (calls.Count == 0)
        {
            return Words(trail, model, reply.Content?.Trim() ?? "");
        }

        var bad = calls.FindLast(call => call.Status != StepStatus.Ok);
        return bad is null || after.Exists(step => step.Kind == StepKind.Repair) ? trail.AskAgain() : trail.Mend(bad);
    }

    public JsonObject Request(RunTrail trail)
    {
        var request = new JsonObject { ["messages"] = new JsonArray([.. Messages(trail)]) };
        if (trail.Tools.Count > 0)
        {
            request["tools"] = new JsonArray([.. trail.Tools.Select(Declare)]);
            request["tool_choice"] = (toolFirst && !trail.ToolHasAnswered) || trail.Steps is [.., { Kind: StepKind.Repair }] ? "required" : "auto";
        }

        return request;
    }

    /// <summary>The model called nothing: an answer, or a call that is none.</summary>
    private Move Words(RunTrail trail, AgentStepRow model, string text)
    {
        if (text.Length == 0)
        {
            return new Move.Fail(RunProblems.EmptyAnswer());
        }

        if (trail.Tools.Count > 0 && text.StartsWith('{') && text.Contains("\"name\"", StringComparison.Ordinal))
        {
            return new Move.Add(StepKind.ToolCall, StepStatus.ArgumentsInvalid, model.Number) { ArgumentsJson = text, Problem = "The call is not JSON with a name and arguments." };
        }

        return toolFirst && !trail.ToolHasAnswered ? new Move.Fail(RunProblems.ToolNotCalled()) : new Move.Add(StepKind.Answer, StepStatus.Ok, model.Number) { Text = text };
    }

    private static IEnumerable<JsonNode> Messages(RunTrail trail)
    {
        if (trail.Agent.Instructions is { } instructions)
        {
            yield return new JsonObject { ["role"] = "system", ["content"] = instructions };
        }

        yield return new JsonObject { ["role"] = "user", ["content"] = trail.Question };
        foreach (var model in trail.Steps.Where(step => step is { Kind: StepKind.Model, Status: StepStatus.Ok }))
        {
            var (reply, after) = (model.Reply!, trail.After(model).ToList());
            var calls = after.FindAll(step => step.Kind == StepKind.ToolCall);
            yield return Said(reply);
            foreach (var (call, result) in reply.Calls.Zip(calls))
            {
                yield return new JsonObject { ["role"] = "tool", ["tool_call_id"] = call.Id, ["content"] = result.Result ?? RunTrail.ErrorFor(result) };
            }

            if (reply.Calls.Count == 0 && after.Find(step => step.Kind == StepKind.Repair) is { } repair)
            {
                yield return new JsonObject { ["role"] = "user", ["content"] = repair.Text };
            }
        }
    }

    private static JsonObject Said(ModelReply reply)
    {
        var message = new JsonObject { ["role"] = "assistant", ["content"] = reply.Content };
        if (reply.Calls.Count > 0)
        {
            message["tool_calls"] = new JsonArray([.. reply.Calls.Select(call => new JsonObject
            {
                ["id"] = call.Id,
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = Readable(call.ArgumentsJson) },
            })]);
        }

        return message;
    }

    /// <summary>A chat template takes arguments that are an object; others are shown to the model as a text within one.</summary>
    private static string Readable(string argumentsJson)
    {
        try
        {
            return JsonElement.Parse(argumentsJson).ValueKind == JsonValueKind.Object ? argumentsJson : Quoted(argumentsJson);
        }
        catch (JsonException)
        {
            return Quoted(argumentsJson);
        }
    }

    private static string Quoted(string text) => new JsonObject { ["text"] = text }.ToJsonString();

    private static JsonObject Declare(IAgentTool tool)
    {
        var function = new JsonObject { ["name"] = tool.Name };
        if (tool.IsDescribedToModels)
        {
            function["description"] = tool.Description;
        }

        function["parameters"] = JsonObject.Create(tool.Parameters);
        return new JsonObject { ["type"] = "function", ["function"] = function };
    }
}
