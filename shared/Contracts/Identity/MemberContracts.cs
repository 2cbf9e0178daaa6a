namespace InternPlatform.Contracts.Identity;

/// <summary>Body of <c>POST /api/identity/projects</c>; the caller becomes its owner.</summary>
public sealed record CreateProject
{
    public required string Name { get; init; }
}

/// <summary>One entry of <c>GET /api/identity/projects/{project}/members</c>.</summary>
public sealed record MemberView
{
    public required Guid UserId { get; init; }
    public required string UserName { get; init; }

    /// <summary><c>viewer</c>, <c>member</c>, <c>owner</c>.</summary>
    public required string Role { get; init; }
}

/// <summary>Body of <c>PUT /api/identity/projects/{project}/members/{userId}</c>.</summary>
public sealed record SetMember
{
    /// <summary><c>viewer</c>, <c>member</c>, <c>owner</c>.</summary>
    public required string Role { get; init; }
}

/// <summary>Body of <c>POST /api/identity/users</c>.</summary>
public sealed record CreateUser
{
    public required string Name { get; init; }

    /// <summary>The new user's role in the caller's project.</summary>
    public string Role { get; init; } = "member";
}

public sealed record UserView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Answer of <c>POST /api/identity/users/{userId}/links</c>: what to put after <c>/welcome#token=</c>. Shown once, works once, for ten minutes.</summary>
public sealed record SignInLink
{
    public required string Token { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>Answer of <c>POST /api/identity/sessions</c>, which only the edge may call.</summary>
public sealed record SessionView
{
    public required Guid SessionId { get; init; }
    public required string UserName { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}
