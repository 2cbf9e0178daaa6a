using InternPlatform.Agents.Tools;
using InternPlatform.Contracts.Agents;

namespace InternPlatform.Agents;

/// <summary>Rows as others see them.</summary>
internal static class Views
{
    public static AgentView ToView(this AgentRow agent) => new()
    {
        Id = agent.Id,
        Name = agent.Name,
        ArtifactId = agent.ArtifactId,
        Model = agent.Model,
        ModelArtifactId = agent.ModelArtifactId,
        Strategy = agent.Strategy,
        Instructions = agent.Instructions,
        Tools = agent.Tools,
        DatasetArtifactId = agent.DatasetArtifactId,
        MaxSteps = agent.MaxSteps,
        MaxRepairs = agent.MaxRepairs,
        CreatedAt = agent.CreatedAt,
    };

    public static ToolView ToView(this IAgentTool tool) => new() { Name = tool.Name, Description = tool.Description, Parameters = tool.Parameters };

    public static AgentRunView ToView(this AgentRunRow run) => new()
    {
        Id = run.Id,
        AgentId = run.AgentId,
        AgentName = run.Agent.Name,
        Question = run.Question,
        State = run.State,
        Answer = run.Answer,
        Problem = run.Problem,
        Steps = [.. run.Steps.OrderBy(step => step.Number).Select(ToView)],
        CreatedAt = run.CreatedAt,
        EndedAt = run.EndedAt,
    };

    public static AgentStepView ToView(this AgentStepRow step) => new()
    {
        Number = step.Number,
        Parent = step.Parent,
        Kind = step.Kind,
        Text = step.Text,
        Tool = step.Tool,
        ArgumentsJson = step.ArgumentsJson,
        Result = step.Result,
        Status = step.Status,
        Problem = step.Problem,
        Milliseconds = step.Milliseconds,
        PromptTokens = step.PromptTokens,
        CompletionTokens = step.CompletionTokens,
        At = step.At,
    };
}
