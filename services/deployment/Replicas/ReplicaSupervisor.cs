using System.Collections.Concurrent;
using InternPlatform.Artifacts;
using InternPlatform.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace InternPlatform.Deployment.Replicas;

/// <summary>Keeps one replica running for each deployment.</summary>
internal sealed class ReplicaSupervisor(
    DeploymentStates states, IArtifactStore artifacts, ReplicaClient client, PlatformOptions platform, IOptions<DeploymentOptions> options,
    TimeProvider time, ILogger<ReplicaSupervisor> logger) : BackgroundService
{
    private readonly ConcurrentDictionary<Guid, ReplicaRun> runs = new();

    /// <summary>The deployment's replica, if it answers.</summary>
    public Replica? Find(Guid deploymentId) => runs.GetValueOrDefault(deploymentId)?.Current;

    public void Start(DeploymentRow row)
    {
        var run = new ReplicaRun(row, states, artifacts, client, platform, options.Value, time, logger);
        if (runs.TryAdd(row.Id, run))
        {
            run.Begin();
        }
    }

    public async Task StopAsync(Guid deploymentId)
    {
        if (runs.TryRemove(deploymentId, out var run))
        {
            await run.DisposeAsync();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var row in await states.ServedAsync(stoppingToken))
        {
            Start(row);
        }

        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(runs.Keys.Select(StopAsync));
        }
    }
}
