using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Pipelines.Engine;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Pipelines;

/// <summary>
/// <c>GET /api/pipelines/runs/{id}/events</c>: the run as it is, then again after each change, as SSE event <c>state</c>.
/// A whole state makes all earlier ones superfluous, so <c>Last-Event-ID</c> only leaves out what the client already has.
/// </summary>
internal static class WatchRun
{
    // A change made by another process is seen by this poll.
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    public static void Map(IEndpointRouteBuilder pipelines) => pipelines.MapGet("/runs/{run}/events", HandleAsync);

    public static async Task<Results<ServerSentEventsResult<PipelineRunView>, ProblemHttpResult>> HandleAsync(
        string run, PipelinesDb db, IServiceScopeFactory scopes, RunWatch watch, TimeProvider time, IHostApplicationLifetime host,
        CancellationToken cancellationToken, [FromHeader(Name = "Last-Event-ID")] string? lastEventId = null)
    {
        if (await db.Runs.OneAsync(run, cancellationToken) is not { } found)
        {
            return Problems.NoSuchRun(run);
        }

        var seen = long.TryParse(lastEventId, out var sequence) ? sequence : 0;
        return TypedResults.ServerSentEvents(StatesAsync(found.Id, seen, scopes, watch, time, host.ApplicationStopping, cancellationToken));
    }

    private static async IAsyncEnumerable<SseItem<PipelineRunView>> StatesAsync(
        Guid id, long seen, IServiceScopeFactory scopes, RunWatch watch, TimeProvider time, CancellationToken stopping,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A host that stops would wait for open streams: the client comes back with the last id.
        while (!cancellationToken.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            var change = watch.NextChange(id);
            var run = await LoadAsync(id, scopes, cancellationToken);
            if (run is null)
            {
                yield break;
            }

            if (run.Sequence > seen)
            {
                seen = run.Sequence;
                yield return new SseItem<PipelineRunView>(run.ToView(), "state") { EventId = $"{run.Sequence}" };
            }

            await Task.WhenAny(change, Task.Delay(Poll, time, cancellationToken));
        }
    }

    private static async Task<PipelineRunRow?> LoadAsync(Guid id, IServiceScopeFactory scopes, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PipelinesDb>();
        return await db.Runs.AsNoTracking().Include(run => run.Steps).SingleOrDefaultAsync(run => run.Id == id, cancellationToken);
    }
}
