using InternPlatform.ServiceDefaults;

namespace InternPlatform.Identity;

/// <summary>What a member of a project may do.</summary>
internal static class Roles
{
    public const string Viewer = "viewer";
    public const string Member = "member";
    public const string Owner = "owner";

    /// <summary>What an API key may hold at most: keys administer nothing.</summary>
    public static readonly IReadOnlyList<string> KeyScopes = [Scopes.Read, Scopes.Write, Scopes.Chat];

    public static bool IsRole(string role) => role is Viewer or Member or Owner;

    public static IReadOnlyList<string> ScopesOf(string role) => role switch
    {
        Viewer => [Scopes.Read, Scopes.Chat],
        Member => [Scopes.Read, Scopes.Write, Scopes.Chat],
        Owner => [Scopes.Read, Scopes.Write, Scopes.Chat, Scopes.Admin],
        _ => throw new ArgumentException($"'{role}' is not a role.", nameof(role)),
    };
}
