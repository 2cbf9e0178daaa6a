using System.Text.Json;
using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Jobs;
using static InternPlatform.Portal.Tests.Samples;

namespace InternPlatform.Portal.Tests;

/// <summary>An agent that adds, and its runs.</summary>
public static class AgentSamples
{
    public static readonly Guid AgentId = new("01935f00-0000-7000-8000-000000000011");
    public static readonly Guid RunId = new("01935f00-0000-7000-8000-000000000012");

    public static AgentView Agent { get; } = new()
    {
        Id = AgentId,
        Name = "adder",
        ArtifactId = Artifact('e'),
        Model = "tour-model",
        ModelArtifactId = Artifact('b'),
        Strategy = "function-calling",
        Tools = ["calculator"],
        MaxSteps = 6,
        MaxRepairs = 1,
        CreatedAt = Now.AddMinutes(-3),
    };

    public static IReadOnlyList<ToolView> Tools { get; } =
    [
        Tool("calculator", "Adds, subtracts, multiplies or divides."),
        Tool("dataset-lookup", "Finds rows."),
    ];

    public static AgentRunView Running { get; } = new()
    {
        Id = RunId,
        AgentId = AgentId,
        AgentName = "adder",
        Question = "What is 4817 plus 2946?",
        State = AgentRunState.Running,
        Steps =
        [
            Step(1, null, "model", "ok") with { Milliseconds = 70, PromptTokens = 62, CompletionTokens = 37 },
            Step(2, 1, "tool-call", "ok") with { Tool = "calculator", ArgumentsJson = """{"a": 4817, "b": 2946, "op": "add"}""", Result = "7763", Milliseconds = 0.1 },
            Step(3, null, "model", "running"),
        ],
        CreatedAt = Now.AddSeconds(-2),
    };

    public static AgentRunView Succeeded { get; } = Running with
    {
        State = AgentRunState.Succeeded,
        Answer = "The answer is 7763.",
        Steps = [.. Running.Steps.Take(2), Step(3, null, "model", "ok") with { Milliseconds = 14 }, Step(4, 3, "answer", "ok") with { Text = "The answer is 7763." }],
        EndedAt = Now,
    };

    public static AgentRunView Failed { get; } = Running with
    {
        State = AgentRunState.Failed,
        Problem = new JobProblem { Type = "urn:intern-platform:agents:unknown-tool", Title = "The model called a tool that the agent does not have.", Detail = "There is no tool 'oracle'." },
        Steps = [Running.Steps[0], Step(2, 1, "tool-call", "unknown-tool") with { Tool = "oracle", ArgumentsJson = "{}", Problem = "There is no tool 'oracle'." }],
        EndedAt = Now,
    };

    /// <summary>What the form of a new agent asks for.</summary>
    public static void AnswerChoices(FakeServices platform, string except)
    {
        platform.Answer("api/agents/tools", Tools);
        if (except != "api/deployment/deployments")
        {
            platform.Answer("api/deployment/deployments", PageOf(Deployment));
        }
    }

    private static AgentStepView Step(int number, int? parent, string kind, string status) => new()
    {
        Number = number,
        Parent = parent,
        Kind = kind,
        Status = status,
        At = Now.AddSeconds(-2 + number * 0.1),
    };

    private static ToolView Tool(string name, string description) => new() { Name = name, Description = description, Parameters = JsonElement.Parse("{}") };
}
