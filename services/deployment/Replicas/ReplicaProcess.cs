using System.Diagnostics;
using System.Text.Json;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Deployment.Replicas;

/// <summary>A replica's process: this host's own executable with a clean environment. Disposing ends it.</summary>
internal sealed class ReplicaProcess : IAsyncDisposable
{
    private const int LogLines = 40;

    private readonly Process process;
    private readonly Queue<string> log = new();
    private readonly Task draining;

    private ReplicaProcess(Process process)
    {
        this.process = process;
        draining = DrainAsync();
    }

    /// <summary>Ends when the process does.</summary>
    public Task Exit => process.WaitForExitAsync();

    public int Id => process.Id;

    /// <summary>The end of what it wrote about its troubles.</summary>
    public string LogTail()
    {
        lock (log)
        {
            return string.Join('\n', log);
        }
    }

    public static async Task<ReplicaProcess> StartAsync(Guid deploymentId, ReplicaOrder order, CancellationToken cancellationToken)
    {
        // Nothing of the platform's configuration: a replica needs neither database nor keys.
        var process = Process.Start(ChildStart.Of([ReplicaMain.Verb, deploymentId.ToString(), "--service", DeploymentService.Name]))!;
        var replica = new ReplicaProcess(process);
        try
        {
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order, PlatformJson.Options).AsMemory(), cancellationToken);
            await process.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // It ended at once; its missing report tells.
        }

        return replica;
    }

    /// <returns>Null: it ended without one.</returns>
    public async Task<ReplicaReport?> ReportAsync(CancellationToken cancellationToken)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith('{'))
            {
                return JsonSerializer.Deserialize<ReplicaReport>(line, PlatformJson.Options);
            }
        }

        return null;
    }

    public void Kill() => process.Kill(entireProcessTree: true);

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            Kill();
        }

        await process.WaitForExitAsync();
        await draining;
        process.Dispose();
    }

    private async Task DrainAsync()
    {
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            lock (log)
            {
                log.Enqueue(line);
                if (log.Count > LogLines)
                {
                    log.Dequeue();
                }
            }
        }
    }
}
