using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Benchmarks;
using InternPlatform.Evaluation.Leaderboard;
using InternPlatform.Evaluation.Samples;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Evaluation;

/// <summary>Benchmarks, scores and the leaderboard.</summary>
public static class EvaluationService
{
    public const string Name = "evaluation";

    private static readonly JobKinds<EvaluationDb> Kinds = new JobKinds<EvaluationDb>(Name)
        .Add<EvaluateSpec, EvaluateResult>("evaluate", EvaluateJob.RunAsync, new JobKindOptions<EvaluationDb, EvaluateSpec, EvaluateResult>
        {
            Validate = (spec, _, _, _) => ValueTask.FromResult(EvaluateSpecRules.Refuse(spec)),
            Completed = EvaluationDone.Record,
            CanPause = true,
        });

    public static PlatformService Definition { get; } = new(Name, AddServices, _ => { }, MapEndpoints)
    {
        Children = new Dictionary<string, ChildMain> { ["job"] = Kinds.RunChildAsync },
    };

    private static void AddServices(IHostApplicationBuilder builder)
    {
        builder.AddServiceDatabase<EvaluationDb, EvaluationSqliteDb, EvaluationPostgresDb>(Name);
        builder.AddJobs(Kinds);
    }

    private static void MapEndpoints(IEndpointRouteBuilder evaluation)
    {
        evaluation.MapJobs(Kinds);
        ListBenchmarks.Map(evaluation);
        ReadSamples.Map(evaluation);
        GetLeaderboard.Map(evaluation);
        CompareEvaluations.Map(evaluation);
    }
}
