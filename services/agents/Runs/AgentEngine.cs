using System.Collections.Concurrent;
using System.Threading.Channels;
using InternPlatform.Contracts.Agents;
using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace InternPlatform.Agents.Runs;

/// <summary>Drives the runs of this service, each in a task of its own: at once when one is asked for, and by a slow poll in any case.</summary>
internal sealed partial class AgentEngine(
    IServiceScopeFactory scopes, TimeProvider time, IOptions<AgentsOptions> options, ILogger<AgentEngine> logger) : BackgroundService
{
    private readonly Channel<bool> hints = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<Guid, Driven> driven = new();

    /// <summary>There is something to drive.</summary>
    public void Wake() => hints.Writer.TryWrite(true);

    /// <summary>The run's row has changed under its drive: what it waits for is given up, and the row is read again.</summary>
    public void Interrupt(Guid run)
    {
        if (driven.TryGetValue(run, out var drive))
        {
            drive.Interrupt();
        }
        else
        {
            Wake();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await TryStartAllAsync(stoppingToken);
                await WaitAsync(stoppingToken);
            }
        }
        finally
        {
            await Task.WhenAll(driven.Values.Select(drive => drive.Task));
        }
    }

    /// <summary>While the database is away nothing starts, and the engine is still there when it is back.</summary>
    private async Task TryStartAllAsync(CancellationToken stoppingToken)
    {
        try
        {
            await StartAllAsync(stoppingToken);
        }
        catch (Exception e) when (Servers.IsAway(e))
        {
            Log.DatabaseAway(logger, e);
        }
    }

    private async Task StartAllAsync(CancellationToken stoppingToken)
    {
        foreach (var run in await RunningAsync(stoppingToken))
        {
            if (driven.Count < options.Value.RunsAtOnce && !driven.ContainsKey(run))
            {
                var drive = new Driven(stoppingToken);
                driven[run] = drive;
                drive.Task = DriveAsync(run, drive);
            }
        }
    }

    private async Task DriveAsync(Guid run, Driven drive)
    {
        await Task.Yield();
        var goOn = true;
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<RunDrive>().GoOnAsync(run, drive.Token);
        }
        catch (Exception e) when (e is DbUpdateConcurrencyException or OperationCanceledException)
        {
            // A person changed the run, or another engine did: it is read again. Or the host stops.
        }
#pragma warning disable CA1031 // one run's failure, whatever it is, must not stop the others
        catch (Exception e)
#pragma warning restore CA1031
        {
            goOn = false;
            Log.RunStuck(logger, run, e);
        }

        driven.TryRemove(run, out _);
        drive.Dispose();
        if (goOn)
        {
            Wake();
        }
    }

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        using var limit = new CancellationTokenSource(options.Value.Poll, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        try
        {
            await hints.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // The time is over: look without a hint. Or the host stops.
        }
    }

    private async Task<List<Guid>> RunningAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<AgentsDb>();
        return await db.Runs.Where(run => run.State == AgentRunState.Running).OrderBy(run => run.Id).Select(run => run.Id).ToListAsync(cancellationToken);
    }

    /// <summary>A run that a task of this process drives.</summary>
    private sealed class Driven(CancellationToken stoppingToken) : IDisposable
    {
        private readonly CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        private readonly Lock gate = new();
        private bool isOver;

        public CancellationToken Token => source.Token;

        public Task Task { get; set; } = Task.CompletedTask;

        public void Interrupt()
        {
            lock (gate)
            {
                if (!isOver)
                {
                    source.Cancel();
                }
            }
        }

        public void Dispose()
        {
            lock (gate)
            {
                isOver = true;
                source.Dispose();
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The runs cannot be read now; it is tried again")]
        public static partial void DatabaseAway(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Error, "Run {RunId} could not go on; it is tried again")]
        public static partial void RunStuck(ILogger logger, Guid runId, Exception exception);
    }
}

/// <summary>Tells those who watch a run in this process that it changed.</summary>
internal sealed class RunWatch
{
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> waiting = new();

    /// <summary>Ends at the next change. Take it before reading the row, so that no change falls in between.</summary>
    public Task NextChange(Guid runId) =>
        waiting.GetOrAdd(runId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Changed(Guid runId)
    {
        if (waiting.TryRemove(runId, out var watchers))
        {
            watchers.SetResult();
        }
    }
}
