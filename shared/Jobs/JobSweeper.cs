using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InternPlatform.Jobs;

/// <summary>Removes what has had its time: work folders of ended jobs, idempotency keys older than a day.</summary>
internal sealed partial class JobSweeper<TDb>(
    IServiceScopeFactory scopes, JobKinds<TDb> kinds, DatabaseReady<TDb> database, PlatformOptions options, TimeProvider time, ILogger<JobSweeper<TDb>> logger) : BackgroundService
    where TDb : DbContext, IJobsDb
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException || Servers.IsOfDatabase(e))
            {
                Log.NotSwept(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        var now = time.GetUtcNow();
        var day = now - IdempotencyKeys.Lifetime;
        await db.Idempotency.Where(row => row.CreatedAt < day).ExecuteDeleteAsync(cancellationToken);
        foreach (var folder in WorkFolders())
        {
            if (Guid.TryParse(Path.GetFileName(Path.GetDirectoryName(folder)), out var id)
                && await db.Jobs.IgnoreQueryFilters().AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellationToken) is { EndedAt: { } ended } job
                && now - ended > (job.State == JobState.Succeeded ? kinds.Timings.KeepWorkOfSucceeded : kinds.Timings.KeepWorkOfOthers))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private IEnumerable<string> WorkFolders()
    {
        var jobs = Path.Join(options.ServiceFolder(kinds.Service), "jobs");
        return Directory.Exists(jobs) ? Directory.EnumerateDirectories(jobs).Select(JobFiles.Work).Where(Directory.Exists) : [];
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Old work was not removed; it is tried again")]
        public static partial void NotSwept(ILogger logger, Exception exception);
    }
}
