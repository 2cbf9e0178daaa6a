using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Finetuning;

/// <summary>Fine-tuning of models.</summary>
public static class FinetuningService
{
    public const string Name = "finetuning";

    private static readonly JobKinds<FinetuningDb> Kinds = new(Name);

    public static PlatformService Definition { get; } = new(Name, AddServices, _ => { }, MapEndpoints)
    {
        Children = new Dictionary<string, ChildMain> { ["job"] = Kinds.RunChildAsync },
    };

    private static void AddServices(IHostApplicationBuilder builder)
    {
        builder.AddServiceDatabase<FinetuningDb, FinetuningSqliteDb, FinetuningPostgresDb>(Name);
        builder.AddJobs(Kinds);
    }

    private static void MapEndpoints(IEndpointRouteBuilder finetuning) => finetuning.MapJobs(Kinds);
}
