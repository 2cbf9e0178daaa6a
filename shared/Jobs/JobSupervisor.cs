using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InternPlatform.Jobs;

/// <summary>Takes jobs from the queue, runs each in a child, and takes back those whose supervisor is gone.</summary>
internal sealed partial class JobSupervisor<TDb> : BackgroundService
    where TDb : DbContext, IJobsDb
{
    private readonly JobKinds<TDb> kinds;
    private readonly JobLeases<TDb> leases;
    private readonly JobSignals<TDb> signals;
    private readonly DatabaseReady<TDb> database;
    private readonly LoopProgress<TDb> progress;
    private readonly PlatformOptions options;
    private readonly Assertions assertions;
    private readonly TimeProvider time;
    private readonly IHostApplicationLifetime host;
    private readonly ILogger<JobSupervisor<TDb>> logger;
    private readonly LeaseWatch watch;
    private readonly HashSet<Task> running = [];

    public JobSupervisor(
        JobKinds<TDb> kinds, IServiceScopeFactory scopes, JobSignals<TDb> signals, DatabaseReady<TDb> database, LoopProgress<TDb> progress, PlatformOptions options, Assertions assertions,
        TimeProvider time, IHostApplicationLifetime host, ILogger<JobSupervisor<TDb>> logger)
    {
        this.kinds = kinds;
        this.signals = signals;
        this.database = database;
        this.progress = progress;
        this.options = options;
        this.assertions = assertions;
        this.time = time;
        this.host = host;
        this.logger = logger;
        watch = new LeaseWatch(time, kinds.Timings.Lease);
        leases = new JobLeases<TDb>(scopes, time, kinds, signals, JobOwner.New());
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not only when this service's turn to stop has come: children may need all the time there is to save their work.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, host.ApplicationStopping);
        try
        {
            await SuperviseAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Every job is back in the queue.
        }
    }

    private async Task SuperviseAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        try
        {
            while (true)
            {
                progress.Round("job supervisor", kinds.Timings.Poll);
                var next = signals.Queue.Next;
                try
                {
                    await TakeBackOrphansAsync(stoppingToken);
                    await StartQueuedAsync(stoppingToken);
                }
                catch (Exception e) when (Servers.IsOfDatabase(e))
                {
                    Log.DatabaseAway(logger, e);
                }

                await Pulse.WaitAsync(next, kinds.Timings.Poll, time, stoppingToken);
            }
        }
        finally
        {
            // Each run has heard of the stop, asks its child to save, and puts the job back into the queue.
            await Task.WhenAll(running);
        }
    }

    private async Task StartQueuedAsync(CancellationToken stoppingToken)
    {
        running.RemoveWhere(run => run.IsCompleted);
        while (running.Count < kinds.MaximumRunning && !stoppingToken.IsCancellationRequested && await leases.TryClaimAsync(stoppingToken) is { } job)
        {
            running.Add(RunAsync(job, stoppingToken));
        }
    }

    private async Task RunAsync(JobRow job, CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            var kind = kinds.Find(job.Kind) ?? throw new InvalidOperationException($"This version has no jobs of kind {job.Kind}.");
            await new JobRun<TDb>(job, kind, kinds, leases, signals, options, assertions, time, logger).RunAsync(stoppingToken);
        }
#pragma warning disable CA1031 // one job's trouble must not stop the others: it is logged, the lease lapses and the job is taken back
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.RunFailed(logger, e, job.Id, job.Kind);
        }

        signals.Queue.Set();    // there is room for the next
    }

    /// <summary>
    /// A supervisor of this machine that no longer lives is told by its process, at once; one elsewhere by its lapsed lease. Its child ends by itself when its
    /// input closes; one that hangs is killed, if it still is the same process.
    /// </summary>
    private async Task TakeBackOrphansAsync(CancellationToken cancellationToken)
    {
        var jobs = await leases.ListWorkedOnAsync(cancellationToken);
        var lapsed = watch.Lapsed(jobs);
        foreach (var job in jobs)
        {
            var ownerDied = JobOwner.IsDead(job.LeaseOwner);
            if (!ownerDied && !lapsed.Contains(job.Id))
            {
                continue;
            }

            if (JobOwner.IsHere(job.LeaseOwner) && job is { WorkerPid: { } pid, WorkerStart: { } start })
            {
                new ProcessIdentity(pid, start).Kill();
            }

            if (await leases.TakeBackAsync(job, ownerDied ? "the host ended" : "the lease lapsed", counts: !ownerDied, cancellationToken))
            {
                Log.TakenBack(logger, job.Id, job.Kind, job.LeaseOwner);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The job queue cannot be read now; it is tried again")]
        public static partial void DatabaseAway(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Error, "The run of job {JobId} ({Kind}) failed")]
        public static partial void RunFailed(ILogger logger, Exception exception, Guid jobId, string kind);

        [LoggerMessage(LogLevel.Warning, "Job {JobId} ({Kind}) was taken back from {Owner}")]
        public static partial void TakenBack(ILogger logger, Guid jobId, string kind, string? owner);
    }
}
