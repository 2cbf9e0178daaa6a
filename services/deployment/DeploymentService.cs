using InternPlatform.Contracts.Deployment;
using InternPlatform.Deployment.OpenAi;
using InternPlatform.Deployment.Quantize;
using InternPlatform.Deployment.Replicas;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Deployment;

/// <summary>Models that answer: deployments, their replica processes, OpenAI's protocol under <c>/v1</c>, and the job that makes models smaller.</summary>
public static class DeploymentService
{
    public const string Name = "deployment";

    private static readonly JobKinds<DeploymentDb> Kinds = new JobKinds<DeploymentDb>(Name)
        .Add<QuantizeSpec, QuantizeResult>("quantize", QuantizeJob.RunAsync, new JobKindOptions<DeploymentDb, QuantizeSpec, QuantizeResult>
        {
            Validate = (spec, _, _, _) => ValueTask.FromResult(QuantizeSpecRules.Refuse(spec)),
            Completed = QuantizeJob.CompleteAsync,
            Device = "cpu",
        });

    public static PlatformService Definition { get; } = new(Name, AddServices, _ => { }, MapEndpoints)
    {
        Children = new Dictionary<string, ChildMain> { [ReplicaMain.Verb] = ReplicaMain.RunAsync, ["job"] = Kinds.RunChildAsync },
    };

    private static void AddServices(IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<DeploymentOptions>().BindConfiguration(DeploymentOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.AddServiceDatabase<DeploymentDb, DeploymentSqliteDb, DeploymentPostgresDb>(Name);
        builder.AddJobs(Kinds);
        builder.Services.AddSingleton<DeploymentStates>().AddSingleton<ReplicaClient>().AddSingleton<ReplicaSupervisor>();
        if (PlatformOptions.Of(builder).Serves)
        {
            // Only the process that started a replica can ask it.
            builder.Services.AddHostedService(services => services.GetRequiredService<ReplicaSupervisor>());
        }
    }

    private static void MapEndpoints(IEndpointRouteBuilder deployment)
    {
        Deploy.Map(deployment);
        ReadDeployments.Map(deployment);
        Undeploy.Map(deployment);
        deployment.MapJobs(Kinds);
        ListModels.Map(deployment.Root());
        AskModel.Map(deployment.Root());
    }
}
