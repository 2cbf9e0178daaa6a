using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Identity;

/// <summary>Everything identity refuses.</summary>
internal static class Problems
{
    public const string NotSignedInType = "not-signed-in";
    public const string ProjectUnknownType = "project-unknown";

    public static ProblemHttpResult NotSignedIn() => Of(
        NotSignedInType, "The key or session is not valid.", StatusCodes.Status404NotFound, "It may have expired or been revoked.");

    /// <summary>The same for a project that does not exist and one that the caller is no member of.</summary>
    public static ProblemHttpResult ProjectUnknown() => Of(
        ProjectUnknownType, "There is no such project, or you are not a member of it.", StatusCodes.Status404NotFound, "See GET /api/identity/projects.");

    public static ProblemHttpResult KeyUnknown() => Of(
        "key-unknown", "There is no such key in this project.", StatusCodes.Status404NotFound, "See GET /api/identity/keys.");

    public static ProblemHttpResult UserUnknown() => Of(
        "user-unknown", "There is no such user.", StatusCodes.Status404NotFound, "See GET /api/identity/users.");

    public static ProblemHttpResult TokenSpent() => Of(
        "token-spent", "This sign-in link does not work any more.", StatusCodes.Status403Forbidden,
        "A link works once, for ten minutes. Restart the host, or ask an owner, for a new one.");

    public static ProblemHttpResult NameTaken(string name) => Of(
        "name-taken", "The name is already in use.", StatusCodes.Status409Conflict, "Choose another name.",
        new Dictionary<string, object?> { ["name"] = name });

    public static ProblemHttpResult LastOwner() => Of(
        "last-owner", "A project keeps at least one owner.", StatusCodes.Status409Conflict, "Make somebody else an owner first.");

    public static ProblemHttpResult RotationPending() => Of(
        "rotation-pending", "The assertion key is being rotated already.", StatusCodes.Status409Conflict,
        "A rotation takes about two minutes: see GET /api/identity/assertion-key.");

    /// <summary>A mounted secret, for instance.</summary>
    public static ProblemHttpResult KeyFileUnwritable(string reason) => Of(
        "key-file-unwritable", "The file of the assertion key cannot be written.", StatusCodes.Status409Conflict,
        $"{reason.TrimEnd('.')}. Where it is a mounted secret, change the secret itself in three steps, as the guide to services by themselves says.");

    public static ProblemHttpResult BadField(string field, string message) => Of(
        "invalid-fields", "Some fields are not as they must be.", StatusCodes.Status400BadRequest, "See 'errors' for the fields.",
        new Dictionary<string, object?> { ["errors"] = new Dictionary<string, string[]> { [field] = [message] } });

    private static ProblemHttpResult Of(
        string problem, string title, int status, string detail, IDictionary<string, object?>? extensions = null) =>
        PlatformProblems.Of(IdentityService.Name, problem, title, status, detail, extensions);
}
