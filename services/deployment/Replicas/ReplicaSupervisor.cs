using System.Collections.Concurrent;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Deployment;
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

    /// <summary>Ends the deployment's replica and removes its files.</summary>
    public async Task RemoveAsync(Guid deploymentId)
    {
        if (runs.TryRemove(deploymentId, out var run))
        {
            await run.DisposeAsync();
        }

        ModelFolders.Delete(platform, deploymentId);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var rows = await states.AllAsync(stoppingToken);
        ModelFolders.DeleteAllBut(platform, rows.Select(row => row.Id).ToHashSet());
        foreach (var row in rows.Where(row => row.State is DeploymentState.Starting or DeploymentState.Ready))
        {
            Start(row);
        }

        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(runs.Values.Select(run => run.DisposeAsync().AsTask()));
        }
    }
}
