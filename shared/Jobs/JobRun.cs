using System.Text.Json;
using System.Threading.Channels;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace InternPlatform.Jobs;

/// <summary>
/// One lease of one job: starts the child, passes on what it says, keeps the lease, carries a caller's wishes to it, and writes how it ended.
/// Everything that happens (a line, a tick, a wish, the host's stop) comes through one channel and is handled one after the other.
/// </summary>
internal sealed partial class JobRun<TDb>(
    JobRow job, JobKind<TDb> kind, JobKinds<TDb> kinds, JobLeases<TDb> leases, JobSignals<TDb> signals, PlatformOptions options, Assertions assertions, TimeProvider time, ILogger logger)
    where TDb : DbContext, IJobsDb
{
    private const int CompletionTries = 3;
    private static readonly ChildLine Tick = new() { Say = "tick" };
    private static readonly ChildLine Ended = new() { Say = "ended" };
    private static readonly ChildLine StopAsked = new() { Say = "stop" };
    private readonly JobLease lease = new(job.Id, job.LeaseToken);
    private readonly Channel<ChildLine> happenings = Channel.CreateUnbounded<ChildLine>();
    private readonly ProgressRate rate = new(time);
    private readonly string jobFolder = JobFiles.Folder(options.ServiceFolder(kinds.Service), job.Id);
    private JobProgress? unsaved;
    private JobState told = JobState.Preparing;
    private bool stopping;
    private bool killed;
    private long lastHeard = time.GetTimestamp();
    private long lastAssertion = time.GetTimestamp();
    private long? deadline;

    /// <param name="stop">The host stops: the job goes back to the queue.</param>
    public async Task RunAsync(CancellationToken stop)
    {
        using var over = new CancellationTokenSource();
        using var trace = JobTrace.Begin($"job {job.Kind}", job.TraceParent);
        Task[] sources = [];
        try
        {
            await using var child = await ChildProcess.StartAsync(kinds.Service, Document(), options, CancellationToken.None);
            sources = [ReadLinesAsync(child), TickAsync(over.Token), FollowWishesAsync(over.Token)];
            await leases.SetWorkerAsync(lease, child.Identity, CancellationToken.None);
            await using var stopped = stop.Register(() => happenings.Writer.TryWrite(StopAsked));
            var last = await FollowAsync(child);
            await EndAsync(last);
        }
        catch (LeaseLostException e)
        {
            Log.LeaseLost(logger, e.JobId, e.Token);
            kinds.Metrics.LeaseLost(job);
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(sources);
            signals.Forget(job.Id);
        }
    }

    /// <returns>The child's last word, or <see cref="Ended"/> where it had none.</returns>
    private async Task<ChildLine> FollowAsync(ChildProcess child)
    {
        await foreach (var happening in happenings.Reader.ReadAllAsync())
        {
            switch (happening.Say)
            {
                case "tick" or "wish":
                    await LookAsync(child);
                    break;
                case "stop":
                    stopping = true;
                    await AskToEndAsync(child, kind.CanPause ? "pause" : "cancel", kinds.Timings.StopGrace);
                    break;
                case "started":
                    await leases.MoveAsync(lease, (_, row) => ValueTask.FromResult<(JobState, string?)?>(row.State == JobState.Preparing ? (JobState.Running, null) : null), CancellationToken.None);
                    break;
                case "progress":
                    unsaved = rate.Next(happening.Done!.Value, happening.Total, happening.Unit!);
                    signals.Progress[job.Id] = unsaved;
                    signals.Changed(job.Id);
                    break;
                case "written":
                    signals.Changed(job.Id);
                    break;
                case "result" or "failed" or "paused" or "cancelled" or "ended":
                    return happening;
            }

            if (!ReferenceEquals(happening, Tick))
            {
                lastHeard = time.GetTimestamp();
            }
        }

        throw new InvalidOperationException("The channel of a run is never closed.");
    }

    /// <summary>Keeps the lease, and carries out what a caller asked for since the last look.</summary>
    private async Task LookAsync(ChildProcess child)
    {
        if (await TryRenewAsync() is { } state && state != told)
        {
            told = state;
            if (state == JobState.Cancelling)
            {
                await AskToEndAsync(child, "cancel", kinds.Timings.CancelGrace);
            }
            else if (state == JobState.Pausing)
            {
                await child.SendAsync(new ChildCommand { Do = "pause" }, CancellationToken.None);
            }
        }

        if (time.GetElapsedTime(lastAssertion) > kinds.Timings.Assertion)
        {
            lastAssertion = time.GetTimestamp();
            await child.SendAsync(new ChildCommand { Do = "assertion", Assertion = assertions.Mint(kinds.Service, job.Originator) }, CancellationToken.None);
        }

        if (time.GetElapsedTime(lastHeard) > kinds.Timings.Silence || (deadline is { } end && time.GetTimestamp() > end))
        {
            killed = true;
            child.Kill();
        }
    }

    /// <returns>Null while the database is away: the child goes on, and the lease is seen to at the next look.</returns>
    private async Task<JobState?> TryRenewAsync()
    {
        try
        {
            var state = await leases.RenewAsync(lease, unsaved, CancellationToken.None);
            unsaved = null;
            return state;
        }
        catch (Exception e) when (Servers.IsAway(e))
        {
            return null;
        }
    }

    private async Task AskToEndAsync(ChildProcess child, string command, TimeSpan grace)
    {
        deadline = time.GetTimestamp() + (long)(grace.TotalSeconds * time.TimestampFrequency);
        await child.SendAsync(new ChildCommand { Do = command }, CancellationToken.None);
    }

    private async Task EndAsync(ChildLine last)
    {
        if (unsaved is not null)
        {
            await TryRenewAsync();
        }

        try
        {
            Log.Ended(logger, job.Id, job.Kind, await CompleteAsync(last));
        }
        catch (JobFailedException e)
        {
            await FailAsync(new JobProblem { Type = $"{PlatformProblems.Prefix}{kinds.Service}:{e.Problem}", Title = e.Title, Detail = e.Detail });
        }
#pragma warning disable CA1031 // a service's own completion may throw anything: the job fails, the supervisor does not
        catch (Exception e) when (e is not LeaseLostException)
#pragma warning restore CA1031
        {
            Log.NotCompleted(logger, e, job.Id, job.Kind);
            await FailAsync(JobProblems.Crashed(kinds.Service));
        }
    }

    /// <summary>A completion may lose a race for a unique name with another job's; seen again, the name is there and it can decide otherwise.</summary>
    private async Task<JobState> CompleteAsync(ChildLine last)
    {
        for (var again = CompletionTries; ; again--)
        {
            try
            {
                return await leases.MoveAsync(lease, (db, row) => DecideAsync(db, row, last), CancellationToken.None);
            }
            catch (DbUpdateException) when (again > 1)
            {
                continue;
            }
        }
    }

    private async ValueTask<(JobState To, string? Why)?> DecideAsync(TDb db, JobRow row, ChildLine last)
    {
        if (row.State == JobState.Cancelling)
        {
            return (JobState.Cancelled, killed ? "killed after the grace time" : null);
        }

        switch (last.Say)
        {
            case "result":
                row.Result = last.Result!.Value.GetRawText();
                await kind.CompleteAsync(db, row, new Outbox<TDb>(db, time), CancellationToken.None);
                return (JobState.Succeeded, null);
            case "failed":
                row.Fail(new JobProblem { Type = last.Problem!, Title = last.Title!, Detail = last.Detail });
                return (JobState.Failed, last.Problem);
            case "paused" when row.State == JobState.Pausing || !stopping:
                return (JobState.Paused, null);
            default:
                return stopping && row.State != JobState.Pausing ? (JobState.Queued, "the host stopped") : leases.Lost(row, killed ? "the worker was silent" : "the worker ended", counts: true);
        }
    }

    private Task<JobState> FailAsync(JobProblem problem) => leases.MoveAsync(
        lease,
        (_, row) =>
        {
            row.Fail(problem);
            return ValueTask.FromResult<(JobState, string?)?>((JobState.Failed, problem.Type));
        },
        CancellationToken.None);

    private ChildDocument Document() => new()
    {
        JobId = job.Id,
        ProjectId = job.ProjectId,
        Kind = job.Kind,
        Attempt = job.Attempt,
        JobFolder = jobFolder,
        WorkFolder = JobFiles.Work(jobFolder),
        DeviceLock = kind.Device is null ? null : Path.Join(options.Data, "devices", $"{kind.Device}.lock"),
        Assertion = assertions.Mint(kinds.Service, job.Originator),
        Spec = JsonElement.Parse(job.Spec),
        TraceParent = JobTrace.Current,
    };

    private async Task ReadLinesAsync(ChildProcess child)
    {
        while (await child.ReadAsync(CancellationToken.None) is { } line)
        {
            happenings.Writer.TryWrite(line);
        }

        happenings.Writer.TryWrite(Ended);
    }

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(kinds.Timings.Renewal, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                happenings.Writer.TryWrite(Tick);
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private async Task FollowWishesAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var next = signals.Queue.Next;
            await Task.WhenAny(next, Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken));
            if (!cancellationToken.IsCancellationRequested)
            {
                happenings.Writer.TryWrite(new ChildLine { Say = "wish" });
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Job {JobId} ({Kind}) is {State}")]
        public static partial void Ended(ILogger logger, Guid jobId, string kind, JobState state);

        [LoggerMessage(LogLevel.Warning, "Lease {Token} of job {JobId} is over; its child was ended")]
        public static partial void LeaseLost(ILogger logger, Guid jobId, long token);

        [LoggerMessage(LogLevel.Error, "The completion of job {JobId} ({Kind}) failed")]
        public static partial void NotCompleted(ILogger logger, Exception exception, Guid jobId, string kind);
    }
}
