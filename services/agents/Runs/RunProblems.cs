using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Agents.Runs;

/// <summary>Every way in which a run fails.</summary>
internal static class RunProblems
{
    public static JobProblem StepLimit(int limit) => Of(
        "step-limit", $"No answer after {limit} model calls.", "Ask something simpler, or make an agent with a higher limit.");

    public static JobProblem EmptyAnswer() => Of(
        "empty-answer", "The model said nothing.", "The model may not have learned this kind of question: try it in the chat, or give the agent another model.");

    public static JobProblem ToolNotCalled() => Of(
        "tool-not-called", "The model answered without calling a tool.",
        "This strategy takes no answer before a tool has run. Use a model that follows 'tool_choice', or the strategy 'function-calling-auto'.");

    public static JobProblem ModelAway(string model, string why, TimeSpan patience) => Of(
        "model-away", $"The model '{model}' has not answered for {patience.TotalSeconds:F0} seconds.", $"{why} Look at its deployment, then ask again.");

    public static JobProblem ModelRefused(string model, string why) => Of(
        "model-refused", $"The model '{model}' refused the question.", why);

    public static JobProblem NotMended(AgentStepRow bad, int repairs) => bad.Status switch
    {
        StepStatus.UnknownTool => Of("unknown-tool", "The model called a tool that the agent does not have.", Advice(bad, repairs)),
        StepStatus.ToolFailed => Of("tool-failed", $"The tool '{bad.Tool}' failed.", Advice(bad, repairs)),
        _ => Of("arguments-invalid", "The model wrote a call that cannot be used.", Advice(bad, repairs)),
    };

    private static string Advice(AgentStepRow bad, int repairs) =>
        $"{bad.Problem} Turns to mend it: {repairs}. Say it differently, or give the agent more of them.";

    private static JobProblem Of(string problem, string title, string detail) => new()
    {
        Type = $"{PlatformProblems.Prefix}{AgentsService.Name}:{problem}",
        Title = title,
        Detail = detail,
    };
}
