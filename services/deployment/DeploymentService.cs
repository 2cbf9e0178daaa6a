using InternPlatform.Deployment.OpenAi;
using InternPlatform.Deployment.Replicas;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Deployment;

/// <summary>Models that answer: deployments, their replica processes, and OpenAI's protocol under <c>/v1</c>.</summary>
public static class DeploymentService
{
    public const string Name = "deployment";

    public static PlatformService Definition { get; } = new(Name, AddServices, _ => { }, MapEndpoints)
    {
        Children = new Dictionary<string, ChildMain> { [ReplicaMain.Verb] = ReplicaMain.RunAsync },
    };

    private static void AddServices(IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<DeploymentOptions>().BindConfiguration(DeploymentOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.AddServiceDatabase<DeploymentDb, DeploymentSqliteDb, DeploymentPostgresDb>(Name);
        builder.AddOutbox<DeploymentDb>();
        builder.AddArtifacts();
        builder.Services.AddSingleton<DeploymentStates>().AddSingleton<ReplicaClient>().AddSingleton<ReplicaSupervisor>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ReplicaSupervisor>());
    }

    private static void MapEndpoints(IEndpointRouteBuilder deployment)
    {
        Deploy.Map(deployment);
        ReadDeployments.Map(deployment);
        Undeploy.Map(deployment);
        ListModels.Map(deployment.Root());
        AskModel.Map(deployment.Root());
    }
}
