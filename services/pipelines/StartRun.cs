using System.Text.Json;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Jobs;
using InternPlatform.Pipelines.Engine;
using InternPlatform.Pipelines.Plans;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace InternPlatform.Pipelines;

/// <summary><c>POST /api/pipelines/runs</c>: starts a plan. The engine does the rest, whatever becomes of the caller.</summary>
internal static partial class StartRun
{
    private const string Route = "POST /runs";

    // Two requests can meet over a name once; a database that refuses for another reason must not be asked for ever.
    private const int Tries = 5;

    public static void Map(IEndpointRouteBuilder pipelines) => pipelines.MapPost("/runs", HandleAsync);

    public static async Task<Results<Accepted<PipelineRunView>, ProblemHttpResult>> HandleAsync(
        StartPipeline request, Caller caller, PipelinesDb db, RunStore store, EngineSignal signal, TimeProvider time,
        IOptions<PipelinesOptions> options, ILogger<PipelinesDb> logger, CancellationToken cancellationToken, [FromHeader(Name = IdempotencyKeys.Header)] string? key = null)
    {
        if (Refuse(request, key) is { } refusal)
        {
            return refusal;
        }

        request = request with
        {
            TokenBudget = request.TokenBudget ?? options.Value.TokenBudget,
            Thresholds = request.Thresholds ?? (options.Value.Thresholds is { Count: > 0 } thresholds ? thresholds : null),
        };
        var plan = PipelinePlans.Get(request.Plan);
        var keyed = key is null ? null : IdempotentRequest.Of(caller, Route, key, request);
        for (var attempt = 1; ; attempt++)
        {
            if (keyed is not null && await FirstAnswerAsync(db, keyed, time, cancellationToken) is { } first)
            {
                return first;
            }

            var run = NewRun(plan, request, caller, await FreeNameAsync(db, plan, cancellationToken), time.GetUtcNow());
            db.Runs.Add(run);
            if (keyed is not null)
            {
                db.RememberAnswer(keyed, run.Id, time);
            }

            try
            {
                await store.SaveAsync(run, cancellationToken);
            }
            catch (DbUpdateException) when (attempt < Tries)
            {
                // Another request took the name or the key in between.
                db.ChangeTracker.Clear();
                continue;
            }

            signal.Set();
            Log.RunStarted(logger, run.Id, run.Plan, run.Name);
            return Accepted(run);
        }
    }

    private static ProblemHttpResult? Refuse(StartPipeline request, string? key) =>
        StartRules.Refuse(request) ?? (key is not null && !IdempotencyKeys.IsUsable(key) ? Problems.BadKey() : null);

    private static async Task<Results<Accepted<PipelineRunView>, ProblemHttpResult>?> FirstAnswerAsync(
        PipelinesDb db, IdempotentRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await db.FindAnswerAsync(request, time, cancellationToken) is not var (id, sameBody))
        {
            return null;
        }

        return sameBody ? Accepted(await db.Runs.Include(run => run.Steps).SingleAsync(run => run.Id == id, cancellationToken)) : Problems.KeyReused();
    }

    /// <summary><c>tour</c>, then <c>tour-2</c>: the name is also the model's and the deployment's.</summary>
    private static async Task<string> FreeNameAsync(PipelinesDb db, PipelinePlan plan, CancellationToken cancellationToken)
    {
        var taken = await db.Runs.Where(run => run.Plan == plan.Name).Select(run => run.Name).ToListAsync(cancellationToken);
        return Enumerable.Range(1, taken.Count + 1).Select(n => n == 1 ? plan.Name : $"{plan.Name}-{n}").First(name => !taken.Contains(name));
    }

    private static PipelineRunRow NewRun(PipelinePlan plan, StartPipeline request, Caller caller, string name, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
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
                Id = Guid.CreateVersion7(now),
                RunId = id,
                Position = position,
                Name = step.Name,
                Service = step.Service,
            })],
        };
    }

    private static Accepted<PipelineRunView> Accepted(PipelineRunRow run) => TypedResults.Accepted($"/api/pipelines/runs/{run.Id}", run.ToView());

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Run {RunId} of plan {Plan} starts as {RunName}")]
        public static partial void RunStarted(ILogger logger, Guid runId, string plan, string runName);
    }
}
