using System.Text.Json.Nodes;

namespace InternPlatform.Agents.Runs;

/// <summary>
/// ReAct (Yao et al. 2022, "ReAct: Synergizing Reasoning and Acting in Language Models"): thought, action and observation as text. It asks nothing of an
/// endpoint but chat, and more of the model.
/// </summary>
internal sealed class ReActLoop : IAgentLoop
{
    private const string Protocol =
        """
        Answer the question. Write in this form, one after the other, and nothing else:
        Thought: what you think
        Action: the name of one tool
        Action Input: its arguments as JSON
        You are then told:
        Observation: what the tool returned
        Go on so as often as you need. When you know the answer, write:
        Thought: I know the answer
        Final Answer: the answer
        """;

    public Move Next(RunTrail trail)
    {
        if (trail.LastModel is not { Reply: { } reply } model)
        {
            return new Move.Ask();
        }

        if (string.IsNullOrWhiteSpace(reply.Content))
        {
            return new Move.Fail(RunProblems.EmptyAnswer());
        }

        var after = trail.After(model).ToList();
        var read = ReActReply.Parse(reply.Content);
        var thought = after.Find(step => step.Kind == StepKind.Thought);
        if (read.Thought.Length > 0 && thought is null)
        {
            return new Move.Add(StepKind.Thought, StepStatus.Ok, model.Number) { Text = read.Thought };
        }

        var parent = thought?.Number ?? model.Number;
        if (read.FinalAnswer is { } answer)
        {
            return answer.Length == 0 ? new Move.Fail(RunProblems.EmptyAnswer())
                : after.Exists(step => step.Kind == StepKind.Answer) ? new Move.Succeed(answer)
                : new Move.Add(StepKind.Answer, StepStatus.Ok, parent) { Text = answer };
        }

        if (after.Find(step => step.Kind == StepKind.ToolCall) is not { } call)
        {
            return read.Action is { } name
                ? trail.Call(name, ReActReply.Arguments(read.Input, trail.Tools.FirstOrDefault(tool => tool.Name == name)?.Parameters), parent)
                : new Move.Add(StepKind.ToolCall, StepStatus.ArgumentsInvalid, parent) { Problem = "The reply has neither an action nor a final answer." };
        }

        return call.Status == StepStatus.Ok || after.Exists(step => step.Kind == StepKind.Repair) ? trail.AskAgain() : trail.Mend(call);
    }

    public JsonObject Request(RunTrail trail) => new()
    {
        ["messages"] = new JsonArray([.. Messages(trail)]),
        ["stop"] = new JsonArray("\nObservation:"),
    };

    private static IEnumerable<JsonNode> Messages(RunTrail trail)
    {
        yield return Message("system", string.Join("\n\n", new[] { trail.Agent.Instructions, Protocol, Tools(trail) }.Where(part => part is not null)));
        yield return Message("user", $"Question: {trail.Question}");
        foreach (var model in trail.Steps.Where(step => step is { Kind: StepKind.Model, Status: StepStatus.Ok }))
        {
            yield return Message("assistant", model.Reply!.Content ?? "");
            if (trail.After(model).FirstOrDefault(step => step.Kind == StepKind.ToolCall) is { } call)
            {
                yield return Message("user", $"Observation: {call.Result ?? RunTrail.ErrorFor(call)}");
            }
        }
    }

    private static string Tools(RunTrail trail) => trail.Tools.Count == 0
        ? "There are no tools."
        : $"Tools:\n{string.Join('\n', trail.Tools.Select(tool => $"{tool.Name}: {tool.Description} Arguments: {tool.Parameters.GetProperty("properties").GetRawText().ReplaceLineEndings(" ")}"))}";

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };
}
