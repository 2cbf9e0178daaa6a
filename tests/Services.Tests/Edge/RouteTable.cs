namespace InternPlatform.Services.Tests.Edge;

/// <summary>Who a route is for.</summary>
public enum Access
{
    /// <summary>Open to all.</summary>
    Open,

    /// <summary>A page or asset of the portal: whoever is signed in.</summary>
    SignedIn,
    Read,
    Write,
    Chat,
    Admin,

    /// <summary>The edge alone; no person holds this scope.</summary>
    Edge,
}

/// <summary>
/// Every route of the platform, each with a decision. A route without an entry fails the tests: add the line together with the route.
/// <see cref="Objects"/> names the kind of object its parameter takes, for the columns about other tenants.
/// </summary>
public static class RouteTable
{
    public static readonly IReadOnlyDictionary<string, Access> Entries = new Dictionary<string, Access>
    {
        ["GET /health/live"] = Access.Open,
        ["GET /health/ready"] = Access.Open,
        ["POST /auth/exchange"] = Access.Open,
        ["POST /auth/sign-out"] = Access.Open,
        ["GET /openapi/{documentName}.json"] = Access.Read,
        ["GET /scalar"] = Access.Read,

        ["GET /api/identity/me"] = Access.Read,
        ["GET /api/identity/projects"] = Access.Read,
        ["POST /api/identity/projects"] = Access.Admin,
        ["GET /api/identity/projects/{project}/members"] = Access.Read,
        ["PUT /api/identity/projects/{project}/members/{userId:guid}"] = Access.Admin,
        ["DELETE /api/identity/projects/{project}/members/{userId:guid}"] = Access.Admin,
        ["GET /api/identity/users"] = Access.Admin,
        ["POST /api/identity/users"] = Access.Admin,
        ["POST /api/identity/users/{userId:guid}/links"] = Access.Admin,
        ["GET /api/identity/keys"] = Access.Read,
        ["POST /api/identity/keys"] = Access.Write,
        ["DELETE /api/identity/keys/{id:guid}"] = Access.Write,
        ["GET /api/identity/audit"] = Access.Admin,
        ["POST /api/identity/introspect"] = Access.Edge,
        ["POST /api/identity/sessions"] = Access.Edge,
        ["DELETE /api/identity/sessions/{id:guid}"] = Access.Edge,
    };

    /// <summary>Routes that take an object's id, and how another tenant's one is made; see <see cref="ForeignObjects"/>.</summary>
    public static readonly IReadOnlyDictionary<string, string> Objects = new Dictionary<string, string>
    {
        ["GET /api/identity/projects/{project}/members"] = "project",
        ["PUT /api/identity/projects/{project}/members/{userId:guid}"] = "project",
        ["DELETE /api/identity/projects/{project}/members/{userId:guid}"] = "project",
        ["POST /api/identity/users/{userId:guid}/links"] = "user",
        ["DELETE /api/identity/keys/{id:guid}"] = "key",
    };
}
