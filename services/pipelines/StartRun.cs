using System.Text.Json;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Jobs;
using InternPlatform.Pipelines.Engine;
using InternPlatform.Pipelines.Plans;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Pipelines;

/// <summary><c>POST /api/pipelines/runs</c>: starts a plan. The engine does the rest, whatever becomes of the caller.</summary>
internal static partial class StartRun
{
    public static void Map(IEndpointRouteBuilder pipelines) => pipelines.MapPost("/runs", HandleAsync);

    public static async Task<Results<Accepted<PipelineRunView>, ProblemHttpResult>> HandleAsync(
        StartPipeline request, Caller caller, PipelinesDb db, RunStore store, EngineSignal signal, TimeProvider time,
        ILogger<PipelinesDb> logger, CancellationToken cancellationToken)
    {
        if (PipelinePlans.Find(request.Plan) is not { } plan)
        {
            return Problems.UnknownPlan(request.Plan);
        }

        if (request.TokenBudget <= 0)
        {
            return Problems.BadBudget(request.TokenBudget.Value);
        }

        while (true)
        {
            var run = NewRun(request, plan, caller, await FreeNameAsync(db, plan, caller, cancellationToken), time.GetUtcNow());
            db.Runs.Add(run);
            try
            {
                await store.SaveAsync(run, cancellationToken);
            }
            catch (DbUpdateException e) when (e.IsUniqueViolation())
            {
                // Another run took the name in between.
                db.ChangeTracker.Clear();
                continue;
            }

            signal.Set();
            Log.RunStarted(logger, run.Id, run.Plan, run.Name);
            return TypedResults.Accepted($"/api/pipelines/runs/{run.Id}", run.ToView());
        }
    }

    /// <summary><c>tour</c>, then <c>tour-2</c>: the name is also the model's and the deployment's.</summary>
    private static async Task<string> FreeNameAsync(PipelinesDb db, PipelinePlan plan, Caller caller, CancellationToken cancellationToken)
    {
        var taken = await db.Runs.Of(caller).Where(run => run.Plan == plan.Name).Select(run => run.Name).ToListAsync(cancellationToken);
        return Enumerable.Range(1, taken.Count + 1).Select(n => n == 1 ? plan.Name : $"{plan.Name}-{n}").First(name => !taken.Contains(name));
    }

    private static PipelineRunRow NewRun(StartPipeline request, PipelinePlan plan, Caller caller, string name, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7();
        return new PipelineRunRow
        {
            Id = id,
            ProjectId = caller.ProjectId,
            Plan = plan.Name,
            Name = name,
            InputJson = JsonSerializer.Serialize(request, PlatformJson.Options),
            UserId = caller.UserId,
            UserName = caller.UserName,
            Scopes = string.Join(' ', caller.Scopes),
            CreatedAt = now,
            Steps = [.. plan.Steps(request).Select((step, position) => new StepRow
            {
                Id = Guid.CreateVersion7(),
                RunId = id,
                Position = position,
                Name = step.Name,
                Service = step.Service,
            })],
        };
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Run {RunId} of plan {Plan} starts as {RunName}")]
        public static partial void RunStarted(ILogger logger, Guid runId, string plan, string runName);
    }
}
