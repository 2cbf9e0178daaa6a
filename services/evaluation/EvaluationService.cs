using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Evaluation;

/// <summary>Benchmarks, scores and the leaderboard.</summary>
public static class EvaluationService
{
    public const string Name = "evaluation";

    private static readonly JobKinds<EvaluationDb> Kinds = new(Name);

    public static PlatformService Definition { get; } = new(Name, AddServices, _ => { }, MapEndpoints)
    {
        Children = new Dictionary<string, ChildMain> { ["job"] = Kinds.RunChildAsync },
    };

    private static void AddServices(IHostApplicationBuilder builder)
    {
        builder.AddServiceDatabase<EvaluationDb, EvaluationSqliteDb, EvaluationPostgresDb>(Name);
        builder.AddJobs(Kinds);
    }

    private static void MapEndpoints(IEndpointRouteBuilder evaluation) => evaluation.MapJobs(Kinds);
}
