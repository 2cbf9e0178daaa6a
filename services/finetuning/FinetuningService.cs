using InternPlatform.Contracts.Finetuning;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Finetuning;

/// <summary>Fine-tuning of models.</summary>
public static class FinetuningService
{
    public const string Name = "finetuning";

    private static readonly JobKinds<FinetuningDb> Kinds = new JobKinds<FinetuningDb>(Name)
        .Add<SftSpec, SftResult>("sft", SftJob.RunAsync, new JobKindOptions<FinetuningDb, SftSpec, SftResult>
        {
            Validate = (spec, _, _, _) => ValueTask.FromResult(SftSpecRules.Refuse(spec)),
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
        builder.AddServiceDatabase<FinetuningDb, FinetuningSqliteDb, FinetuningPostgresDb>(Name);
        builder.AddJobs(Kinds);
        builder.Services.AddSingleton<PreviewModels>();
    }

    private static void MapEndpoints(IEndpointRouteBuilder finetuning)
    {
        finetuning.MapJobs(Kinds);
        PreviewTokens.Map(finetuning);
        ListTemplates.Map(finetuning);
    }
}
