using InternPlatform.Contracts.Pipelines;
using InternPlatform.Pipelines.Engine;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Pipelines;

/// <summary><c>POST /api/pipelines/runs/{id}/retry</c>: goes on from the step that failed; what succeeded stays.</summary>
internal static class RetryRun
{
    public static void Map(IEndpointRouteBuilder pipelines) => pipelines.MapPost("/runs/{run}/retry", HandleAsync);

    public static async Task<Results<Accepted<PipelineRunView>, ProblemHttpResult>> HandleAsync(
        string run, PipelinesDb db, RunStore store, StepAgain again, EngineSignal signal, CancellationToken cancellationToken)
    {
        if (await db.Runs.OneAsync(run, cancellationToken) is not { } found)
        {
            return Problems.NoSuchRun(run);
        }

        if (found.State is not (PipelineState.Failed or PipelineState.Cancelled))
        {
            return Problems.NothingToRetry(found);
        }

        if (await again.ClearAsync(found, Stopped(found), cancellationToken) is { } away)
        {
            return Problems.CannotClear(away);
        }

        Reopen(found);
        try
        {
            await store.SaveAsync(found, cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return Problems.NothingToRetry(found);
        }

        signal.Set();
        return TypedResults.Accepted($"/api/pipelines/runs/{found.Id}", found.ToView());
    }

    private static List<StepRow> Stopped(PipelineRunRow run) => [.. run.Steps.Where(step => step.State is StepState.Failed or StepState.Cancelled)];

    private static void Reopen(PipelineRunRow run)
    {
        (run.State, run.EndedAt, run.CancelRequested) = (PipelineState.Running, null, false);
        Stopped(run).ForEach(StepAgain.Reset);
    }
}
