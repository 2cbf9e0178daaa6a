using System.Text.Json.Nodes;
using InternPlatform.Agents.Tools;
using InternPlatform.Contracts.Jobs;

namespace InternPlatform.Agents.Runs;

/// <summary>What a run does next. A loop decides it from the stored steps alone, so that any process, at any time, decides the same.</summary>
internal abstract record Move
{
    /// <summary>Asks the model.</summary>
    public sealed record Ask : Move;

    /// <summary>Stores a step; one that is <see cref="StepStatus.Running"/> is then carried out.</summary>
    public sealed record Add(string Kind, string Status, int? Parent) : Move
    {
        public string? Text { get; init; }
        public string? Tool { get; init; }
        public string? ArgumentsJson { get; init; }
        public string? Problem { get; init; }
    }

    /// <summary>The run succeeds.</summary>
    public sealed record Succeed(string Answer) : Move;

    /// <summary>The run fails.</summary>
    public sealed record Fail(JobProblem Problem) : Move;
}

/// <summary>How an agent thinks: what to do after these steps, and what to send when the model is to be asked.</summary>
internal interface IAgentLoop
{
    Move Next(RunTrail trail);

    /// <summary>The parts of a chat request that are the strategy's own: messages, tools, stop texts.</summary>
    JsonObject Request(RunTrail trail);
}

/// <summary>A run so far, and the rules that every strategy keeps.</summary>
internal sealed record RunTrail(AgentRow Agent, string Question, IReadOnlyList<AgentStepRow> Steps, IReadOnlyList<IAgentTool> Tools)
{
    public AgentStepRow? LastModel => Steps.LastOrDefault(step => step.Kind == StepKind.Model);

    public bool ToolHasAnswered => Steps.Any(step => step is { Kind: StepKind.ToolCall, Status: StepStatus.Ok });

    /// <summary>Steps that followed from this model step.</summary>
    public IEnumerable<AgentStepRow> After(AgentStepRow model) => Steps.Where(step => step.Number > model.Number).TakeWhile(step => step.Kind != StepKind.Model);

    /// <summary>Another question to the model, unless it has had its number of them.</summary>
    public Move AskAgain() =>
        Steps.Count(step => step.Kind == StepKind.Model) < Agent.MaxSteps ? new Move.Ask() : new Move.Fail(RunProblems.StepLimit(Agent.MaxSteps));

    /// <summary>Tells the model what was wrong with its call, or gives up.</summary>
    public Move Mend(AgentStepRow bad) => Steps.Count(step => step.Kind == StepKind.Repair) < Agent.MaxRepairs
        ? new Move.Add(StepKind.Repair, StepStatus.Ok, bad.Parent) { Text = ErrorFor(bad) }
        : new Move.Fail(RunProblems.NotMended(bad, Agent.MaxRepairs));

    /// <summary>What the model is told of a step that did not work.</summary>
    public static string ErrorFor(AgentStepRow bad) => $"Error: {bad.Problem}";

    /// <summary>A call as a step: to be carried out where it can be, else with what is wrong with it.</summary>
    public Move.Add Call(string name, string argumentsJson, int parent)
    {
        var step = new Move.Add(StepKind.ToolCall, StepStatus.Running, parent) { Tool = name, ArgumentsJson = argumentsJson };
        if (Tools.FirstOrDefault(tool => tool.Name == name) is not { } tool)
        {
            var known = Tools.Count == 0 ? "there are none" : $"known: {string.Join(", ", Tools.Select(known => known.Name))}";
            return step with { Status = StepStatus.UnknownTool, Problem = $"There is no tool '{name}'; {known}." };
        }

        return ArgumentSchema.Check(tool.Parameters, argumentsJson, out _) is { } problem ? step with { Status = StepStatus.ArgumentsInvalid, Problem = problem } : step;
    }
}
