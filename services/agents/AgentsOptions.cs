using System.ComponentModel.DataAnnotations;

namespace InternPlatform.Agents;

/// <summary>How the agents service goes about its work.</summary>
public sealed class AgentsOptions
{
    public const string Section = "Agents";

    /// <summary>Between two looks for runs that this process does not drive yet: another may have taken the request, or died.</summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a run waits for a model that does not answer.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Before a model that did not answer is asked again; doubled each time, up to ten seconds.</summary>
    public TimeSpan Backoff { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>A tool that takes longer has failed.</summary>
    public TimeSpan ToolTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Tokens that a model may write in one step.</summary>
    [Range(16, 1 << 20)]
    public int MaxAnswerTokens { get; set; } = 512;

    /// <summary>Runs that are driven at the same time; others wait.</summary>
    [Range(1, 256)]
    public int RunsAtOnce { get; set; } = 8;
}
