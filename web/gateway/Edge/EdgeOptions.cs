using System.ComponentModel.DataAnnotations;

namespace InternPlatform.Gateway.Edge;

/// <summary>Section <c>Edge</c>.</summary>
public sealed class EdgeOptions
{
    public const string Section = "Edge";

    /// <summary>Host names by which the platform may be called, besides localhost, 127.0.0.1 and [::1].</summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>Calls of one key or one user to <c>/api</c> and <c>/v1</c>.</summary>
    [Range(1, 10_000_000)]
    public int CallsPerMinute { get; set; } = 6_000;

    /// <summary>Sign-in attempts, wrong keys included, from one address.</summary>
    [Range(1, 1_000_000)]
    public int SignInsPerMinute { get; set; } = 30;

    /// <summary>How long a service may be silent before a call to it is given up.</summary>
    [Range(1, 86_400)]
    public int AnswerSeconds { get; set; } = 100;

    /// <summary>The same for event streams, uploads, <c>/v1</c> and the portal's pages.</summary>
    [Range(1, 86_400)]
    public int LongAnswerSeconds { get; set; } = 600;

    /// <summary>How often each instance of each service is asked whether it is ready.</summary>
    [Range(1, 3_600)]
    public int HealthSeconds { get; set; } = 5;
}
