using System.Collections.Concurrent;
using System.Diagnostics;

namespace InternPlatform.Tests.Support;

/// <summary>A host as a process of its own, which a test can kill.</summary>
public sealed class HostProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly ConcurrentQueue<string> lines = new();

    private HostProcess(Process process) => this.process = process;

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    /// <summary>Everything it wrote, both streams.</summary>
    public string Output => string.Join('\n', lines);

    public static HostProcess Start(
        string project, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string? workingFolder = null)
    {
        var start = new ProcessStartInfo(RepositoryFolder.Output(project, $"InternPlatform.{project}"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder ?? Path.GetTempPath(),
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var host = new HostProcess(new Process { StartInfo = start });
        host.process.OutputDataReceived += (_, line) => host.Keep(line.Data);
        host.process.ErrorDataReceived += (_, line) => host.Keep(line.Data);
        host.process.Start();
        host.process.BeginOutputReadLine();
        host.process.BeginErrorReadLine();
        return host;
    }

    /// <summary>A standalone host on a port and a data folder.</summary>
    public static HostProcess StartStandalone(int port, string data, IReadOnlyDictionary<string, string>? environment = null) => Start(
        "Standalone", [], new Dictionary<string, string>(environment ?? new Dictionary<string, string>())
        {
            ["ASPNETCORE_URLS"] = $"http://localhost:{port}",
            ["Platform__Data"] = data,
        });

    /// <summary>Waits for health, or throws with what the host said.</summary>
    public async Task WaitUntilReadyAsync(string address, CancellationToken cancellationToken, TimeSpan? within = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(within ?? TimeSpan.FromSeconds(60));
        using var http = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(2) };
        while (!await IsReadyAsync(http, limit.Token))
        {
            if (HasExited)
            {
                throw new InvalidOperationException($"The host ended with exit code {ExitCode}:\n{Output}");
            }

            await Task.Delay(100, limit.Token);
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and the exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        if (!HasExited)
        {
            using var kill = Process.Start("sh", ["-c", $"kill -TERM {process.Id}"]);
            await kill.WaitForExitAsync(cancellationToken);
        }

        return await WaitForExitAsync(cancellationToken);
    }

    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.GetAsync("/health/ready", cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
        }
    }
}
