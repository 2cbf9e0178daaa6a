using InternPlatform.Contracts.Pretraining;
using InternPlatform.Jobs;
using InternPlatform.Pretraining.Recipes;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Pretraining;

/// <summary>Training of base models.</summary>
public static class PretrainingService
{
    public const string Name = "pretraining";

    private static readonly JobKinds<PretrainingDb> Kinds = new JobKinds<PretrainingDb>(Name)
        .Add<PretrainSpec, PretrainResult>("pretrain", PretrainJob.RunAsync, new JobKindOptions<PretrainingDb, PretrainSpec, PretrainResult>
        {
            Validate = (spec, _, _, _) => ValueTask.FromResult(PretrainSpecRules.Refuse(spec)),
            Completed = ModelProduced.Announce,
            Device = "cpu",
            CanPause = true,
        });

    public static PlatformService Definition { get; } = new(Name, AddServices, _ => { }, MapEndpoints)
    {
        Children = new Dictionary<string, ChildMain> { ["job"] = Kinds.RunChildAsync },
    };

    private static void AddServices(IHostApplicationBuilder builder)
    {
        builder.AddServiceDatabase<PretrainingDb, PretrainingSqliteDb, PretrainingPostgresDb>(Name);
        builder.AddJobs(Kinds);
    }

    private static void MapEndpoints(IEndpointRouteBuilder pretraining)
    {
        pretraining.MapJobs(Kinds);
        ListRecipes.Map(pretraining);
    }
}
