using System.Text.Json;

namespace InternPlatform.Contracts.Jobs;

/// <summary>Body of <c>POST /api/{service}/jobs</c>.</summary>
public sealed record StartJob
{
    public required string Kind { get; init; }

    /// <summary>For people; the kind and the time where left out.</summary>
    public string? Name { get; init; }

    /// <summary>The kind's own record, such as <c>ImportDataset</c> or <c>PretrainSpec</c>.</summary>
    public required JsonElement Spec { get; init; }
}
