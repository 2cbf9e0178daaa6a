using InternPlatform.Contracts.Pipelines;
using InternPlatform.Pipelines.Engine;
using InternPlatform.Pipelines.Plans;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Pipelines;

/// <summary><c>POST /api/pipelines/runs/{id}/retry</c>: goes on from the step that failed; what succeeded stays.</summary>
internal static class RetryRun
{
    public static void Map(IEndpointRouteBuilder pipelines) => pipelines.MapPost("/runs/{run}/retry", HandleAsync);

    public static async Task<Results<Accepted<PipelineRunView>, ProblemHttpResult>> HandleAsync(
        string run, PipelinesDb db, RunStore store, StepCalls calls, EngineSignal signal, CancellationToken cancellationToken)
    {
        if (await db.Runs.OneAsync(run, cancellationToken) is not { } found)
        {
            return Problems.NoSuchRun(run);
        }

        if (found.State is not (PipelineState.Failed or PipelineState.Cancelled))
        {
            return Problems.NothingToRetry(found);
        }

        if (await ClearAsync(found, calls, cancellationToken) is { } away)
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

    /// <summary>Before the run is saved: a process that dies in between leaves a failed run, and clearing twice is clearing.</summary>
    /// <returns>Why it could not be done; null where it is.</returns>
    private static async Task<string?> ClearAsync(PipelineRunRow run, StepCalls calls, CancellationToken cancellationToken)
    {
        foreach (var row in run.Steps.Where(row => row.State is StepState.Failed or StepState.Cancelled))
        {
            var step = PipelinePlans.Get(run.Plan).Steps(run.Input).Single(step => step.Name == row.Name);
            if (step is { ClearBeforeRetry: true, Cancel: not null } && row.StartedId is { } id
                && (await calls.CancelAsync(step, run, id, cancellationToken)).Away is { } away)
            {
                return away;
            }
        }

        return null;
    }

    private static void Reopen(PipelineRunRow run)
    {
        (run.State, run.EndedAt, run.CancelRequested) = (PipelineState.Running, null, false);
        foreach (var step in run.Steps.Where(step => step.State is StepState.Failed or StepState.Cancelled))
        {
            step.State = StepState.Waiting;
            step.Attempt++;
            (step.StartedId, step.StartedAt, step.EndedAt, step.AwaySince) = (null, null, null, null);
            (step.ProgressJson, step.ProblemJson) = (null, null);
        }
    }
}
