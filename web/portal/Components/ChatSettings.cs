namespace InternPlatform.Portal.Components;

/// <summary>What a question of the playground is sent with.</summary>
public sealed record ChatSettings
{
    /// <summary>A deployment's name.</summary>
    public string? Model { get; init; }
    public string System { get; init; } = "";
    public double Temperature { get; init; } = 0.7;
    public int MaxTokens { get; init; } = 256;

    /// <summary>Null: another answer each time.</summary>
    public int? Seed { get; init; }
}
