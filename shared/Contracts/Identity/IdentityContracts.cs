namespace InternPlatform.Contracts.Identity;

/// <summary><c>GET /api/identity/me</c>.</summary>
public sealed record MeView
{
    public required Guid UserId { get; init; }
    public required string UserName { get; init; }
    public required Guid ProjectId { get; init; }
    public required string ProjectName { get; init; }
    public required string Role { get; init; }
    public required IReadOnlyList<ProjectView> Projects { get; init; }
}

public sealed record ProjectView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }

    /// <summary>The caller's role in it: <c>viewer</c>, <c>member</c>, <c>owner</c>.</summary>
    public required string Role { get; init; }
}

/// <summary>Body of <c>POST /api/identity/keys</c>.</summary>
public sealed record CreateApiKey
{
    public required string Name { get; init; }

    /// <summary><c>read</c>, <c>write</c>, <c>chat</c>; null: all three.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>The only answer that holds the key itself.</summary>
public sealed record ApiKeyCreated
{
    public required ApiKeyView Key { get; init; }

    /// <summary><c>sk-…</c>; shown once, stored as a digest.</summary>
    public required string Secret { get; init; }
}

public sealed record ApiKeyView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }

    /// <summary>First characters, to tell keys apart.</summary>
    public required string Prefix { get; init; }
    public required IReadOnlyList<string> Scopes { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public DateTimeOffset? LastUsedAt { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }
}

/// <summary>Body of <c>POST /api/identity/introspect</c>, which only the edge may call.</summary>
public sealed record Introspect
{
    /// <summary>An API key, or</summary>
    public string? ApiKey { get; init; }

    /// <summary>the session id of a cookie, with the project it names.</summary>
    public Guid? SessionId { get; init; }
    public string? Project { get; init; }
}

/// <summary>Who a key or a session belongs to.</summary>
public sealed record CallerIdentity
{
    public required Guid UserId { get; init; }
    public required string UserName { get; init; }
    public required Guid ProjectId { get; init; }
    public required IReadOnlyList<string> Scopes { get; init; }
}

/// <summary>Body of <c>POST /auth/exchange</c>: the one-time token for a session cookie.</summary>
public sealed record ExchangeToken
{
    public required string Token { get; init; }
}

public sealed record AuditEntry
{
    public required Guid Id { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Who { get; init; }
    public required string Action { get; init; }
    public string? Target { get; init; }
}
