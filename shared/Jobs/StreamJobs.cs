using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;

namespace InternPlatform.Jobs;

/// <summary>
/// <c>GET /jobs/{id}/events</c>: server-sent events <c>state</c> (JobView), <c>progress</c> (JobProgress), <c>metric</c> (MetricEvent) and <c>log</c> (JobLogLine).
/// Every event's id is where the three stored streams stand after it, so <c>Last-Event-ID</c> goes on with nothing lost and nothing twice, on any instance
/// and after any restart. Without one the stream begins with the job's present state and what comes from now on; <c>?from=start</c> tells everything.
/// It ends with the job; asking on from there is answered 204, on which a browser stops asking. <c>ping</c> comes when nothing else does.
/// </summary>
internal static class StreamJobs
{
    private const int LinesAtOnce = 1_000;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);

    public static void Map<TDb>(RouteGroupBuilder jobs, JobKinds<TDb> kinds)
        where TDb : JobsDbContext
    {
        jobs.MapGet(
            "/{id}/events",
            (string id, string? from, [FromHeader(Name = "Last-Event-ID")] string? lastEventId, TDb db, JobSignals<TDb> signals, PlatformOptions options, TimeProvider time, IHostApplicationLifetime host,
                CancellationToken cancellationToken) => HandleAsync(id, from, lastEventId, db, kinds, signals, options, time, host, cancellationToken));
    }

    private static async Task<IResult> HandleAsync<TDb>(
        string id, string? from, string? lastEventId, TDb db, JobKinds<TDb> kinds, JobSignals<TDb> signals, PlatformOptions options, TimeProvider time, IHostApplicationLifetime host,
        CancellationToken cancellationToken)
        where TDb : JobsDbContext
    {
        if (await db.FindAsync(id, cancellationToken) is not { } job)
        {
            return JobProblems.NotFound(kinds.Service);
        }

        var folder = JobFiles.Folder(options.ServiceFolder(kinds.Service), job.Id);
        EventPosition? position = lastEventId is not null ? EventPosition.Parse(lastEventId)
            : from == "start" ? new EventPosition(0, 0, 0)
            : new EventPosition(job.Sequence - 1, JobSeriesFile.End(JobFiles.Metrics(folder)), JobSeriesFile.End(JobFiles.Log(folder)));
        if (position is not { } begin || !JobSeriesFile.IsLineEnd(JobFiles.Metrics(folder), begin.Metrics) || !JobSeriesFile.IsLineEnd(JobFiles.Log(folder), begin.Log))
        {
            return JobProblems.InvalidQuery(kinds.Service, "Last-Event-ID", "Send back the id of the last event, or leave it out.");
        }

        return job.State.HasEnded() && begin == new EventPosition(job.Sequence, JobSeriesFile.End(JobFiles.Metrics(folder)), JobSeriesFile.End(JobFiles.Log(folder)))
            ? TypedResults.NoContent()
            : TypedResults.ServerSentEvents(StreamAsync(job.Id, begin, folder, db, kinds.Service, signals, time, host.ApplicationStopping, cancellationToken));
    }

    private static async IAsyncEnumerable<SseItem<string>> StreamAsync<TDb>(
        Guid id, EventPosition position, string folder, TDb db, string service, JobSignals<TDb> signals, TimeProvider time, CancellationToken stopping,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where TDb : JobsDbContext
    {
        JobProgress? progress = null;
        var lastSent = time.GetTimestamp();
        while (true)
        {
            var next = signals.Job(id).Next;
            // The row first, the files after it, the transitions last: what a child wrote before its job ended is told before the end.
            var job = await db.Jobs.AsNoTracking().SingleAsync(row => row.Id == id, cancellationToken);
            foreach (var (end, point) in JobSeriesFile.Read<StoredPoint>(JobFiles.Metrics(folder), position.Metrics, int.MaxValue))
            {
                position = position with { Metrics = end };
                yield return Item("metric", new MetricEvent { Name = point.Name, Step = point.Step, Value = point.Value }, position);
            }

            foreach (var (end, line) in JobSeriesFile.Read<StoredLine>(JobFiles.Log(folder), position.Log, LinesAtOnce))
            {
                position = position with { Log = end };
                yield return Item("log", line.View(end), position);
            }

            var view = job.View(service, signals.Progress.GetValueOrDefault(id));
            if (view.Progress is not null && view.Progress != progress)
            {
                progress = view.Progress;
                yield return Item("progress", progress, position);
            }

            var seen = position.Sequence;
            var changes = await db.JobEvents.AsNoTracking().Where(change => change.JobId == id && change.Sequence > seen && change.Sequence <= job.Sequence).OrderBy(change => change.Sequence).ToListAsync(cancellationToken);
            foreach (var change in changes)
            {
                position = position with { Sequence = change.Sequence };
                lastSent = time.GetTimestamp();
                yield return Item("state", view with { State = change.To }, position);
            }

            // A host that stops would wait for open streams, and its children with it: the client comes back with the last id.
            if (stopping.IsCancellationRequested)
            {
                yield break;
            }

            if (job.State.HasEnded() && position.Log == JobSeriesFile.End(JobFiles.Log(folder)))
            {
                yield break;
            }

            if (time.GetElapsedTime(lastSent) > Quiet)
            {
                lastSent = time.GetTimestamp();
                yield return new SseItem<string>("", "ping");
            }

            await Pulse.WaitAsync(next, Poll, time, cancellationToken);
        }
    }

    private static SseItem<string> Item<T>(string type, T data, EventPosition position) => new(JsonSerializer.Serialize(data, PlatformJson.Options), type) { EventId = position.ToString() };

    /// <summary>The number of the last transition told, and how far the two files have been told.</summary>
    private readonly record struct EventPosition(long Sequence, long Metrics, long Log)
    {
        public static EventPosition? Parse(string text)
        {
            var parts = text.Split('-');
            return parts.Length == 3 && Number(parts[0], out var sequence) && Number(parts[1], out var metrics) && Number(parts[2], out var log)
                ? new EventPosition(sequence, metrics, log)
                : null;
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Sequence}-{Metrics}-{Log}");

        private static bool Number(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
