namespace InternPlatform.Pipelines;

/// <summary>How the pipelines service goes about its work.</summary>
public sealed class PipelinesOptions
{
    public const string Section = "Pipelines";

    /// <summary>Between two reads of a running step; messages make it faster.</summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>Between two looks for runs when none is running: another process may have taken the request.</summary>
    public TimeSpan IdlePoll { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a step waits for a service that does not answer.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Runs that are moved at the same time.</summary>
    [System.ComponentModel.DataAnnotations.Range(1, 64)]
    public int RunsAtOnce { get; set; } = 8;

    /// <summary>What a run is given whose caller names no budget of tokens: a trial of a few minutes on a small machine. Null: the plan's own.</summary>
    [System.ComponentModel.DataAnnotations.Range(1, long.MaxValue)]
    public long? TokenBudget { get; set; }

    /// <summary>What the gates of a run ask for, by their names, whose caller says nothing of them: a model of a trial passes no gate of the plan's own.</summary>
    public Dictionary<string, double> Thresholds { get; } = [];
}
