namespace InternPlatform.Contracts.Identity;

/// <summary><c>GET /api/identity/assertion-key</c>: which keys sign and verify what services say to each other. Never the keys themselves.</summary>
public sealed record AssertionKeysView
{
    /// <summary>More than one while a rotation is under way.</summary>
    public required IReadOnlyList<AssertionKeyView> Keys { get; init; }
}

public sealed record AssertionKeyView
{
    /// <summary>Thumbprint; the <c>kid</c> of the assertions it signs.</summary>
    public required string Id { get; init; }
    public required bool Signs { get; init; }

    /// <summary><c>inUse</c>; <c>next</c>: verifies, and will sign; <c>former</c>: verifies, and will go.</summary>
    public required string Stage { get; init; }
    public DateTimeOffset? Since { get; init; }
}
