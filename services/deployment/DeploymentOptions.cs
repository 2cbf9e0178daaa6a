using System.ComponentModel.DataAnnotations;

namespace InternPlatform.Deployment;

/// <summary>How replicas are started and watched.</summary>
public sealed class DeploymentOptions
{
    public const string Section = "Deployment";

    /// <summary>How long a model may take to load.</summary>
    [Range(1, 3600)]
    public int StartSeconds { get; set; } = 300;

    /// <summary>A replica that has work and makes no progress for this long is restarted.</summary>
    [Range(1, 600)]
    public int StuckSeconds { get; set; } = 10;

    /// <summary>Crashes in a row before a deployment is given up.</summary>
    [Range(0, 100)]
    public int MaxCrashes { get; set; } = 5;

    /// <summary>Pause after the first crash; it doubles with each further one, up to half a minute.</summary>
    [Range(0.01, 60)]
    public double BackoffSeconds { get; set; } = 0.5;

    /// <summary>Bytes that one replica may take; null: what the machine gives a process.</summary>
    public long? MemoryBytes { get; set; }

    /// <summary>Requests that one replica lets wait; more are refused with 503.</summary>
    [Range(1, 4096)]
    public int MaxWaitingRequests { get; set; } = 64;

    /// <summary>Sequences that one replica computes together.</summary>
    [Range(1, 256)]
    public int MaxRunningSequences { get; set; } = 16;
}
