namespace InternPlatform.Identity;

public sealed record UserRow(Guid Id, string Name, DateTimeOffset CreatedAt);

public sealed record ProjectRow(Guid Id, string Name, DateTimeOffset CreatedAt);

/// <summary>A user's role in a project.</summary>
public sealed class MemberRow
{
    public required Guid ProjectId { get; init; }
    public required Guid UserId { get; init; }

    /// <summary>See <see cref="Roles"/>.</summary>
    public required string Role { get; set; }
}

/// <summary>An API key belongs to one project. The key itself is nowhere: 256 random bits need no slow hash, so its SHA-256 is kept.</summary>
public sealed class ApiKeyRow
{
    public required Guid Id { get; init; }
    public required Guid ProjectId { get; init; }
    public required Guid UserId { get; init; }
    public required string Name { get; init; }

    /// <summary>First characters, by which the row is found; the digest is then compared in constant time.</summary>
    public required string Prefix { get; init; }
    public required byte[] Digest { get; init; }
    public required string Scopes { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public DateTimeOffset? LastUsedAt { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }
}

/// <summary>What a cookie stands for. Ending it ends the cookie, wherever it is.</summary>
public sealed class SessionRow
{
    public required Guid Id { get; init; }
    public required Guid UserId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
    public DateTimeOffset? EndedAt { get; set; }
}

/// <summary>A link that signs a user in once.</summary>
public sealed class OneTimeTokenRow
{
    public required Guid Id { get; init; }
    public required Guid UserId { get; init; }
    public required byte[] Digest { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
    public DateTimeOffset? UsedAt { get; set; }
}

public sealed record AuditRow(Guid Id, DateTimeOffset At, Guid? ProjectId, string Who, string Action, string? Target);
