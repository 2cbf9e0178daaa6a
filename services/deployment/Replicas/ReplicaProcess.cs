using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Deployment.Replicas;

/// <summary>A replica's process: this host's own executable with a clean environment. Disposing ends it.</summary>
internal sealed class ReplicaProcess : IAsyncDisposable
{
    private const int LogLines = 40;
    private static readonly string[] KeptNames = ["PATH", "HOME", "USER", "TMPDIR", "TMP", "TEMP", "TZ", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "SystemRoot"];
    private static readonly string[] KeptPrefixes = ["LC_", "DOTNET_"];

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
        var process = Process.Start(Describe(deploymentId))!;
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

    private static ProcessStartInfo Describe(Guid deploymentId)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        }

        foreach (var argument in (string[])[ReplicaMain.Verb, deploymentId.ToString(), "--service", DeploymentService.Name])
        {
            start.ArgumentList.Add(argument);
        }

        // Nothing of the platform's configuration: a replica needs neither database nor keys.
        foreach (var name in start.Environment.Keys.Where(name => !KeptNames.Contains(name) && !KeptPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))).ToList())
        {
            start.Environment.Remove(name);
        }

        return start;
    }
}
