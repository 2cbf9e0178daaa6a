using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace InternPlatform.AppHost;

/// <summary>
/// Starts a process again that died: Aspire notices but does not. It waits longer each time, and gives up on one that never becomes
/// healthy in between.
/// </summary>
internal sealed class KeepRunning(
    ResourceNotificationService states, ResourceCommandService commands, ResourceLoggerService logs, HostEnd end, IHostApplicationLifetime lifetime) : BackgroundService
{
    private const int LongestSeries = 6;
    private const int Interrupted = 130;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var processes = new Dictionary<string, Life>();
        await foreach (var change in states.WatchAsync(stoppingToken))
        {
            if (change.Resource is not (ProjectResource or ExecutableResource))
            {
                continue;
            }

            var life = processes.TryGetValue(change.Resource.Name, out var known) ? known : processes[change.Resource.Name] = new Life();
            if (change.Snapshot.HealthStatus == HealthStatus.Healthy)
            {
                (life.Deaths, life.WasHealthy) = (0, true);
            }

            var finished = change.Snapshot.State?.Text == KnownResourceStates.Finished;
            var news = finished && !life.Finished;
            life.Finished = finished;
            if (!news || change.Snapshot.ExitCode is null or 0 or Interrupted || lifetime.ApplicationStopping.IsCancellationRequested)
            {
                continue;
            }

            // What refuses its first start will refuse the next; later on it may have missed a server that is being started again, too.
            var isHopeless = change.Snapshot.ExitCode == HostArguments.RefusedExitCode && !life.WasHealthy;
            if (isHopeless || ++life.Deaths > LongestSeries)
            {
                await TellAsync(change.Resource, 20, stoppingToken);
                end.GiveUp(change.Snapshot.ExitCode.Value, $"The {change.Resource.Name} process does not stay up (exit code {change.Snapshot.ExitCode}).");
                return;
            }

            Console.WriteLine($"The {change.Resource.Name} process ended with exit code {change.Snapshot.ExitCode}; starting it again.");
            _ = StartAgainAsync(change.Resource, change.ResourceId, TimeSpan.FromSeconds(Math.Min(30, Math.Pow(2, life.Deaths - 1))), stoppingToken);
        }
    }

    /// <summary>Beside the watch: one process that waits for its turn keeps no other down.</summary>
    private async Task StartAgainAsync(IResource resource, string process, TimeSpan wait, CancellationToken cancellationToken)
    {
        await TellAsync(resource, 3, cancellationToken);
        await Task.Delay(wait, cancellationToken);
        var started = await commands.ExecuteCommandAsync(process, KnownResourceCommands.StartCommand, cancellationToken);
        if (!started.Success)
        {
            await Console.Error.WriteLineAsync($"The {process} process could not be started again: {started.Message}");
        }
    }

    private sealed class Life
    {
        /// <summary>In a row, without having been healthy in between.</summary>
        public int Deaths { get; set; }
        public bool Finished { get; set; }
        public bool WasHealthy { get; set; }
    }

    /// <summary>The process said why, in the log that only the dashboard shows.</summary>
    private async Task TellAsync(IResource resource, int most, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(TimeSpan.FromSeconds(1));
        var lines = new Queue<string>();
        try
        {
            await foreach (var batch in logs.WatchAsync(resource).WithCancellation(enough.Token))
            {
                // Aspire's own lines stand between them; what ends a process is said on its error stream.
                foreach (var line in batch.Where(line => line.IsErrorMessage))
                {
                    lines.Enqueue(line.Content);
                    _ = lines.Count > most ? lines.Dequeue() : null;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // That is all it said.
        }

        foreach (var line in lines)
        {
            await Console.Error.WriteLineAsync(line);
        }
    }
}
