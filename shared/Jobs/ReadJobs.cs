using System.Globalization;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Jobs;

/// <summary><c>GET /jobs</c>, <c>/jobs/{id}</c>, <c>/jobs/{id}/transitions</c>, <c>/jobs/{id}/metrics</c>, <c>/jobs/{id}/logs</c>.</summary>
internal static class ReadJobs
{
    private const int MostItems = 200;
    private const int MostLogLines = 5_000;
    private const int MostPoints = 20_000;

    public static void Map<TDb>(RouteGroupBuilder jobs, JobKinds<TDb> kinds)
        where TDb : JobsDbContext
    {
        jobs.MapGet(
            "",
            (string[]? state, string? kind, int? limit, string? cursor, TDb db, JobSignals<TDb> signals, CancellationToken cancellationToken)
                => ListAsync(state ?? [], kind, limit ?? 50, cursor, db, kinds, signals, cancellationToken));
        jobs.MapGet("/{id}", (string id, TDb db, JobSignals<TDb> signals, CancellationToken cancellationToken) => GetAsync(id, db, kinds, signals, cancellationToken));
        jobs.MapGet("/{id}/transitions", (string id, TDb db, CancellationToken cancellationToken) => TransitionsAsync(id, db, kinds, cancellationToken));
        jobs.MapGet(
            "/{id}/metrics",
            (string id, string? names, long? from, long? to, int? max, TDb db, MetricFiles<TDb> files, PlatformOptions options, CancellationToken cancellationToken)
                => MetricsAsync(id, names, from ?? long.MinValue, to ?? long.MaxValue, max ?? 1_000, db, kinds, files.Reader, options, cancellationToken));
        jobs.MapGet(
            "/{id}/logs",
            (string id, long? after, int? limit, TDb db, PlatformOptions options, CancellationToken cancellationToken)
                => LogsAsync(id, after ?? 0, limit ?? 1_000, db, kinds, options, cancellationToken));
    }

    /// <summary>The caller's job; an id of another project, a missing one and something that is no id are all the same null.</summary>
    public static async Task<JobRow?> FindAsync<TDb>(this TDb db, string id, CancellationToken cancellationToken)
        where TDb : JobsDbContext => Guid.TryParse(id, out var jobId) ? await db.Jobs.AsNoTracking().FirstOrDefaultAsync(row => row.Id == jobId, cancellationToken) : null;

    private static async Task<Results<Ok<Page<JobView>>, ProblemHttpResult>> ListAsync<TDb>(
        string[] names, string? kind, int limit, string? cursor, TDb db, JobKinds<TDb> kinds, JobSignals<TDb> signals, CancellationToken cancellationToken)
        where TDb : JobsDbContext
    {
        if (limit is < 1 or > MostItems)
        {
            return JobProblems.InvalidQuery(kinds.Service, "limit", $"A whole number from 1 to {MostItems}.");
        }

        var states = new List<JobState>();
        foreach (var name in names)
        {
            if (!name.All(char.IsAsciiLetter) || !Enum.TryParse<JobState>(name, ignoreCase: true, out var state))
            {
                return JobProblems.InvalidQuery(kinds.Service, "state", $"One of {string.Join(", ", Enum.GetValues<JobState>().Select(JobProblems.Camel))}; may be given more than once.");
            }

            states.Add(state);
        }

        var query = db.Jobs.AsNoTracking();
        if (cursor is not null)
        {
            if (!Guid.TryParse(cursor, out var before))
            {
                return JobProblems.InvalidQuery(kinds.Service, "cursor", "Pass back nextCursor of the page before.");
            }

            query = query.Where(row => row.Id.CompareTo(before) < 0);
        }

        if (states.Count > 0)
        {
            query = query.Where(row => states.Contains(row.State));
        }

        if (kind is not null)
        {
            query = query.Where(row => row.Kind == kind);
        }

        // Ids are UUIDs of version 7: they sort by time.
        var rows = await query.OrderByDescending(row => row.Id).Take(limit + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<JobView>
        {
            Items = [.. rows.Take(limit).Select(row => row.View(kinds.Service, signals.Progress.GetValueOrDefault(row.Id)))],
            NextCursor = rows.Count > limit ? rows[limit - 1].Id.ToString() : null,
        });
    }

    private static async Task<Results<Ok<JobView>, ProblemHttpResult>> GetAsync<TDb>(string id, TDb db, JobKinds<TDb> kinds, JobSignals<TDb> signals, CancellationToken cancellationToken)
        where TDb : JobsDbContext
        => await db.FindAsync(id, cancellationToken) is { } job
            ? TypedResults.Ok(job.View(kinds.Service, signals.Progress.GetValueOrDefault(job.Id)))
            : JobProblems.NotFound(kinds.Service);

    private static async Task<Results<Ok<List<JobEventView>>, ProblemHttpResult>> TransitionsAsync<TDb>(string id, TDb db, JobKinds<TDb> kinds, CancellationToken cancellationToken)
        where TDb : JobsDbContext
    {
        if (await db.FindAsync(id, cancellationToken) is not { } job)
        {
            return JobProblems.NotFound(kinds.Service);
        }

        var changes = await db.JobEvents.AsNoTracking().Where(change => change.JobId == job.Id).OrderBy(change => change.Sequence).ToListAsync(cancellationToken);
        return TypedResults.Ok(changes.ConvertAll(change => change.View()));
    }

    private static async Task<Results<Ok<IReadOnlyList<MetricSeries>>, ProblemHttpResult>> MetricsAsync<TDb>(
        string id, string? names, long from, long to, int max, TDb db, JobKinds<TDb> kinds, MetricReader reader, PlatformOptions options, CancellationToken cancellationToken)
        where TDb : JobsDbContext
    {
        if (max is < 1 or > MostPoints)
        {
            return JobProblems.InvalidQuery(kinds.Service, "max", $"A whole number from 1 to {MostPoints}.");
        }

        if (await db.FindAsync(id, cancellationToken) is not { } job)
        {
            return JobProblems.NotFound(kinds.Service);
        }

        var folder = JobFiles.Folder(options.ServiceFolder(kinds.Service), job.Id);
        return TypedResults.Ok(reader.Read(JobFiles.Metrics(folder), names?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), from, to, max));
    }

    private static async Task<Results<Ok<Page<JobLogLine>>, ProblemHttpResult>> LogsAsync<TDb>(
        string id, long after, int limit, TDb db, JobKinds<TDb> kinds, PlatformOptions options, CancellationToken cancellationToken)
        where TDb : JobsDbContext
    {
        if (limit is < 1 or > MostLogLines)
        {
            return JobProblems.InvalidQuery(kinds.Service, "limit", $"A whole number from 1 to {MostLogLines}.");
        }

        if (await db.FindAsync(id, cancellationToken) is not { } job)
        {
            return JobProblems.NotFound(kinds.Service);
        }

        var path = JobFiles.Log(JobFiles.Folder(options.ServiceFolder(kinds.Service), job.Id));
        if (!JobSeriesFile.IsLineEnd(path, after))
        {
            return JobProblems.InvalidQuery(kinds.Service, "after", "0, or the sequence of a line that was read before.");
        }

        var lines = JobSeriesFile.Read<StoredLine>(path, after, limit + 1).Select(line => line.Line.View(line.End)).ToList();
        return TypedResults.Ok(new Page<JobLogLine>
        {
            Items = [.. lines.Take(limit)],
            NextCursor = lines.Count > limit ? lines[limit - 1].Sequence.ToString(CultureInfo.InvariantCulture) : null,
        });
    }

    public static JobLogLine View(this StoredLine line, long end) => new() { Sequence = end, At = line.At, Level = line.Level, Message = line.Message };
}
