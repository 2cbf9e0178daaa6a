namespace InternPlatform.Services.Tests.Edge;

/// <summary>Who a route is for.</summary>
public enum Access
{
    /// <summary>Open to all.</summary>
    Open,

    /// <summary>A page of the portal: whoever is signed in; others are led to the welcome page.</summary>
    Page,

    /// <summary>The portal's live connection: our own pages only.</summary>
    Connection,

    /// <summary>Whoever is signed in.</summary>
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

        ["GET /api/catalog/datasets"] = Access.Read,
        ["GET /api/catalog/datasets/{idOrName}"] = Access.Read,
        ["GET /api/catalog/datasets/{idOrName}/versions"] = Access.Read,
        ["GET /api/catalog/datasets/{idOrName}/versions/{version:int}"] = Access.Read,
        ["GET /api/catalog/datasets/{idOrName}/versions/{version:int}/rows"] = Access.Read,
        ["PUT /api/catalog/datasets/{idOrName}/card"] = Access.Write,
        ["GET /api/catalog/models"] = Access.Read,
        ["GET /api/catalog/models/{idOrName}"] = Access.Read,
        ["GET /api/catalog/lineage/{artifactId}"] = Access.Read,
        ["GET /api/catalog/objects"] = Access.Read,
        ["POST /api/catalog/uploads"] = Access.Write,
        ["GET /api/catalog/uploads/{id:guid}"] = Access.Read,
        ["PATCH /api/catalog/uploads/{id:guid}"] = Access.Write,
        ["POST /api/catalog/uploads/{id:guid}/complete"] = Access.Write,
        ["GET /api/catalog/jobs/"] = Access.Read,
        ["POST /api/catalog/jobs/"] = Access.Write,
        ["GET /api/catalog/jobs/{id}"] = Access.Read,
        ["GET /api/catalog/jobs/{id}/transitions"] = Access.Read,
        ["GET /api/catalog/jobs/{id}/metrics"] = Access.Read,
        ["GET /api/catalog/jobs/{id}/logs"] = Access.Read,
        ["GET /api/catalog/jobs/{id}/events"] = Access.Read,
        ["POST /api/catalog/jobs/{id}/cancel"] = Access.Write,
        ["POST /api/catalog/jobs/{id}/pause"] = Access.Write,
        ["POST /api/catalog/jobs/{id}/resume"] = Access.Write,

        ["GET /api/pretraining/recipes"] = Access.Read,
        ["GET /api/pretraining/jobs/"] = Access.Read,
        ["POST /api/pretraining/jobs/"] = Access.Write,
        ["GET /api/pretraining/jobs/{id}"] = Access.Read,
        ["GET /api/pretraining/jobs/{id}/transitions"] = Access.Read,
        ["GET /api/pretraining/jobs/{id}/metrics"] = Access.Read,
        ["GET /api/pretraining/jobs/{id}/logs"] = Access.Read,
        ["GET /api/pretraining/jobs/{id}/events"] = Access.Read,
        ["POST /api/pretraining/jobs/{id}/cancel"] = Access.Write,
        ["POST /api/pretraining/jobs/{id}/pause"] = Access.Write,
        ["POST /api/pretraining/jobs/{id}/resume"] = Access.Write,

        ["GET /api/deployment/deployments"] = Access.Read,
        ["POST /api/deployment/deployments"] = Access.Write,
        ["GET /api/deployment/deployments/{deployment}"] = Access.Read,
        ["DELETE /api/deployment/deployments/{deployment}"] = Access.Write,
        ["GET /v1/models"] = Access.Chat,
        ["GET /v1/models/{model}"] = Access.Chat,
        ["POST /v1/chat/completions"] = Access.Chat,
        ["POST /v1/completions"] = Access.Chat,

        ["GET /api/pipelines/runs"] = Access.Read,
        ["POST /api/pipelines/runs"] = Access.Write,
        ["GET /api/pipelines/runs/{run}"] = Access.Read,
        ["GET /api/pipelines/runs/{run}/events"] = Access.Read,
        ["POST /api/pipelines/runs/{run}/cancel"] = Access.Write,
        ["POST /api/pipelines/runs/{run}/retry"] = Access.Write,

        ["GET /"] = Access.Page,
        ["POST /"] = Access.Page,
        ["GET /admin/keys"] = Access.Page,
        ["POST /admin/keys"] = Access.Page,
        ["GET /chat"] = Access.Page,
        ["POST /chat"] = Access.Page,
        ["GET /data"] = Access.Page,
        ["POST /data"] = Access.Page,
        ["GET /data/import"] = Access.Page,
        ["POST /data/import"] = Access.Page,
        ["GET /data/{Id}"] = Access.Page,
        ["POST /data/{Id}"] = Access.Page,
        ["GET /models"] = Access.Page,
        ["POST /models"] = Access.Page,
        ["GET /models/{Id}"] = Access.Page,
        ["POST /models/{Id}"] = Access.Page,
        ["GET /pipelines"] = Access.Page,
        ["POST /pipelines"] = Access.Page,
        ["GET /pipelines/{Id}"] = Access.Page,
        ["POST /pipelines/{Id}"] = Access.Page,
        ["GET /runs"] = Access.Page,
        ["POST /runs"] = Access.Page,
        ["GET /runs/{Service}/{Id:guid}"] = Access.Page,
        ["POST /runs/{Service}/{Id:guid}"] = Access.Page,
        ["GET /serve"] = Access.Page,
        ["POST /serve"] = Access.Page,
        ["GET /welcome"] = Access.Open,
        ["POST /welcome"] = Access.Open,
        ["GET /error"] = Access.Open,
        ["POST /error"] = Access.Open,
        ["GET /not-found"] = Access.Open,
        ["POST /not-found"] = Access.Open,
        ["GET /culture"] = Access.Open,
        ["GET /theme"] = Access.Open,
        ["POST /portal/markdown"] = Access.SignedIn,
        ["GET /_blazor"] = Access.Connection,
        ["GET /_blazor/negotiate"] = Access.Connection,
        ["GET /_blazor/initializers/"] = Access.Connection,
        ["GET /_blazor/disconnect/"] = Access.Connection,
    };

    /// <summary>Files of the portal's packages; no entry each.</summary>
    public static bool IsAsset(string pattern) =>
        pattern.StartsWith("/_content/", StringComparison.Ordinal) || pattern.StartsWith("/_framework/", StringComparison.Ordinal);

    /// <summary>Routes that take an object's id, and how another tenant's one is made; see <see cref="ForeignObjects"/>.</summary>
    public static readonly IReadOnlyDictionary<string, string> Objects = new Dictionary<string, string>
    {
        ["GET /api/identity/projects/{project}/members"] = "project",
        ["PUT /api/identity/projects/{project}/members/{userId:guid}"] = "project",
        ["DELETE /api/identity/projects/{project}/members/{userId:guid}"] = "project",
        ["POST /api/identity/users/{userId:guid}/links"] = "user",
        ["DELETE /api/identity/keys/{id:guid}"] = "key",
        ["GET /api/catalog/datasets/{idOrName}"] = "dataset",
        ["GET /api/catalog/datasets/{idOrName}/versions"] = "dataset",
        ["GET /api/catalog/datasets/{idOrName}/versions/{version:int}"] = "dataset",
        ["GET /api/catalog/datasets/{idOrName}/versions/{version:int}/rows"] = "dataset",
        ["PUT /api/catalog/datasets/{idOrName}/card"] = "dataset",
        ["GET /api/catalog/models/{idOrName}"] = "model",
        ["GET /api/catalog/lineage/{artifactId}"] = "artifact",
        ["GET /api/catalog/uploads/{id:guid}"] = "upload",
        ["PATCH /api/catalog/uploads/{id:guid}"] = "upload",
        ["POST /api/catalog/uploads/{id:guid}/complete"] = "upload",
        ["GET /api/catalog/jobs/{id}"] = "catalog job",
        ["GET /api/catalog/jobs/{id}/transitions"] = "catalog job",
        ["GET /api/catalog/jobs/{id}/metrics"] = "catalog job",
        ["GET /api/catalog/jobs/{id}/logs"] = "catalog job",
        ["GET /api/catalog/jobs/{id}/events"] = "catalog job",
        ["POST /api/catalog/jobs/{id}/cancel"] = "catalog job",
        ["POST /api/catalog/jobs/{id}/pause"] = "catalog job",
        ["POST /api/catalog/jobs/{id}/resume"] = "catalog job",
        ["GET /api/pretraining/jobs/{id}"] = "pretraining job",
        ["GET /api/pretraining/jobs/{id}/transitions"] = "pretraining job",
        ["GET /api/pretraining/jobs/{id}/metrics"] = "pretraining job",
        ["GET /api/pretraining/jobs/{id}/logs"] = "pretraining job",
        ["GET /api/pretraining/jobs/{id}/events"] = "pretraining job",
        ["POST /api/pretraining/jobs/{id}/cancel"] = "pretraining job",
        ["POST /api/pretraining/jobs/{id}/pause"] = "pretraining job",
        ["POST /api/pretraining/jobs/{id}/resume"] = "pretraining job",
        ["GET /api/deployment/deployments/{deployment}"] = "deployment",
        ["DELETE /api/deployment/deployments/{deployment}"] = "deployment",
        ["GET /v1/models/{model}"] = "deployment",
        ["GET /api/pipelines/runs/{run}"] = "run",
        ["GET /api/pipelines/runs/{run}/events"] = "run",
        ["POST /api/pipelines/runs/{run}/cancel"] = "run",
        ["POST /api/pipelines/runs/{run}/retry"] = "run",
    };
}
