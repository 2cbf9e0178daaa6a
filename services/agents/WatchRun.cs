using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using InternPlatform.Agents.Runs;
using InternPlatform.Contracts.Agents;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Mvc;

namespace InternPlatform.Agents;

/// <summary>
/// <c>GET /api/agents/runs/{run}/events</c>: server-sent events <c>step</c> (AgentStepView), each step again when it changes, and <c>run</c> (AgentRunView) when
/// the run is over, on which the stream ends. Ids rise with every change, so <c>Last-Event-ID</c> goes on with nothing lost and nothing twice; asking on from
/// the end is answered 204, on which a browser stops asking. <c>ping</c> comes when nothing else does.
/// </summary>
internal static class WatchRun
{
    // A change made by another process is seen by this poll.
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);

    public static void Map(IEndpointRouteBuilder agents) => agents.MapGet("/runs/{run}/events", HandleAsync);

    private static async Task<IResult> HandleAsync(
        string run, AgentsDb db, IServiceScopeFactory scopes, RunWatch watch, TimeProvider time, IHostApplicationLifetime host,
        CancellationToken cancellationToken, [FromHeader(Name = "Last-Event-ID")] string? lastEventId = null)
    {
        if (await db.OneRunAsync(run, cancellationToken) is not { } found)
        {
            return Problems.RunNotFound(run);
        }

        long seen = 0;
        if (lastEventId is not null && !long.TryParse(lastEventId, NumberStyles.None, CultureInfo.InvariantCulture, out seen))
        {
            return Problems.BadEventId();
        }

        return found.State != AgentRunState.Running && seen >= found.Sequence
            ? TypedResults.NoContent()
            : TypedResults.ServerSentEvents(EventsAsync(found.Id, seen, scopes, watch, time, host.ApplicationStopping, cancellationToken));
    }

    private static async IAsyncEnumerable<SseItem<string>> EventsAsync(
        Guid id, long seen, IServiceScopeFactory scopes, RunWatch watch, TimeProvider time, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var lastSent = time.GetTimestamp();
        while (await LoadAsync(id, scopes, watch, cancellationToken) is var (run, change))
        {
            foreach (var step in run.Steps.Where(step => step.Sequence > seen).OrderBy(step => step.Sequence).ThenBy(step => step.Number).ToList())
            {
                lastSent = time.GetTimestamp();
                seen = step.Sequence;
                yield return Item("step", step.ToView(), seen);
            }

            if (run.State != AgentRunState.Running)
            {
                yield return Item("run", run.ToView(), run.Sequence);
                yield break;
            }

            // A host that stops would wait for open streams: the client comes back with the last id.
            if (stopping.IsCancellationRequested)
            {
                yield break;
            }

            if (time.GetElapsedTime(lastSent) > Quiet)
            {
                lastSent = time.GetTimestamp();
                yield return new SseItem<string>("", "ping");
            }

            await Task.WhenAny(change, Task.Delay(Poll, time, cancellationToken));
        }
    }

    private static async Task<(AgentRunRow Run, Task Change)?> LoadAsync(Guid id, IServiceScopeFactory scopes, RunWatch watch, CancellationToken cancellationToken)
    {
        var change = watch.NextChange(id);
        await using var scope = scopes.CreateAsyncScope();
        var run = await scope.ServiceProvider.GetRequiredService<AgentsDb>().OneRunAsync(id.ToString(), cancellationToken);
        return run is null ? null : (run, change);
    }

    private static SseItem<string> Item<T>(string type, T data, long id) => new(JsonSerializer.Serialize(data, PlatformJson.Options), type)
    {
        EventId = id.ToString(CultureInfo.InvariantCulture),
    };
}
