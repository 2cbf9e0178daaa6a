using InternPlatform.Agents;
using InternPlatform.Catalog;
using InternPlatform.Deployment;
using InternPlatform.Evaluation;
using InternPlatform.Finetuning;
using InternPlatform.Gateway;
using InternPlatform.Gateway.Edge;
using InternPlatform.Identity;
using InternPlatform.Pipelines;
using InternPlatform.Portal;
using InternPlatform.Pretraining;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Standalone;

/// <summary>The embedded profile: every service, the edge and the portal in one process.</summary>
public static class StandaloneHost
{
    public static IReadOnlyList<PlatformService> Services { get; } =
    [
        IdentityService.Definition,
        CatalogService.Definition,
        PretrainingService.Definition,
        FinetuningService.Definition,
        EvaluationService.Definition,
        DeploymentService.Definition,
        AgentsService.Definition,
        PipelinesService.Definition,
    ];

    public static HostExtensions Extensions { get; } = new()
    {
        Name = "standalone",
        Embedded = true,
        ApplicationName = typeof(StandaloneHost).Assembly.GetName().Name,
        AddServices = builder =>
        {
            builder.AddEdge();
            builder.AddPortal();
        },
        UseMiddleware = app =>
        {
            app.UseEdge();
            app.UsePortal();
        },
        MapEndpoints = app =>
        {
            app.MapEdge();
            app.MapDocumentList(Services.Select(service => service.Name));
            app.MapPortal();
        },
    };
}
