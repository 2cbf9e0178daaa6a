using InternPlatform.Contracts.Pipelines;
using InternPlatform.Pipelines.Engine;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Pipelines;

/// <summary><c>POST /api/pipelines/runs/{id}/cancel</c>: the engine cancels the running job, then the run. Asking twice is asking once.</summary>
internal static class CancelRun
{
    public static void Map(IEndpointRouteBuilder pipelines) => pipelines.MapPost("/runs/{run}/cancel", HandleAsync);

    public static async Task<Results<Accepted<PipelineRunView>, ProblemHttpResult>> HandleAsync(
        string run, PipelinesDb db, RunStore store, EngineSignal signal, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await db.Runs.OneAsync(run, cancellationToken) is not { } found)
            {
                return Problems.NoSuchRun(run);
            }

            if (found.State != PipelineState.Running)
            {
                return Problems.RunIsOver(found);
            }

            found.CancelRequested = true;
            try
            {
                await store.SaveAsync(found, cancellationToken);
            }
            catch (DbUpdateConcurrencyException)
            {
                // The engine moved the run in between.
                db.ChangeTracker.Clear();
                continue;
            }

            signal.Set();
            return TypedResults.Accepted($"/api/pipelines/runs/{found.Id}", found.ToView());
        }
    }
}
