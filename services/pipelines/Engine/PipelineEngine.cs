using InternPlatform.Contracts.Pipelines;
using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace InternPlatform.Pipelines.Engine;

/// <summary>Moves the runs of this service: at once when a message hints that a job changed, and by a slow poll in any case.</summary>
internal sealed partial class PipelineEngine(
    IServiceScopeFactory scopes, EngineSignal signal, TimeProvider time, IOptions<PipelinesOptions> options, ILogger<PipelineEngine> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var running = await TryPassAsync(stoppingToken);
            await signal.WaitAsync(running ? options.Value.Poll : options.Value.IdlePoll, time, stoppingToken);
        }
    }

    /// <summary>While the database is away nothing moves, and the engine is still there when it is back.</summary>
    private async Task<bool> TryPassAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await PassAsync(cancellationToken);
        }
        catch (Exception e) when (Servers.IsAway(e))
        {
            Log.DatabaseAway(logger, e);
            return true;
        }
    }

    /// <summary>Takes every running run as far as it can go now.</summary>
    /// <returns>Whether any is left running.</returns>
    private async Task<bool> PassAsync(CancellationToken cancellationToken)
    {
        var runs = await RunningAsync(cancellationToken);
        var together = new ParallelOptions { MaxDegreeOfParallelism = options.Value.RunsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(runs, together, GoOnAsync);
        return runs.Count > 0;
    }

    private async ValueTask GoOnAsync(Guid run, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        try
        {
            await scope.ServiceProvider.GetRequiredService<RunAdvance>().GoOnAsync(run, cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            // A person or another engine changed the run: the next pass reads it again.
            signal.Set();
        }
#pragma warning disable CA1031 // one run's failure, whatever it is, must not stop the others
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Log.RunStuck(logger, run, e);
        }
    }

    private async Task<List<Guid>> RunningAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PipelinesDb>();
        return await db.Runs.Where(run => run.State == PipelineState.Running).Select(run => run.Id).ToListAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The runs cannot be read now; it is tried again")]
        public static partial void DatabaseAway(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Error, "Run {RunId} could not go on; it is tried again")]
        public static partial void RunStuck(ILogger logger, Guid runId, Exception exception);
    }
}
