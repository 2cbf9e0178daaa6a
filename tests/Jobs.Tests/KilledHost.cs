using System.Diagnostics;

namespace InternPlatform.Jobs.Tests;

/// <summary>The test service in a process of its own, which is killed and started again.</summary>
internal sealed class KilledHost(string data, IReadOnlyDictionary<string, string> platform, int port) : IAsyncDisposable
{
    private Process process = Start(data, platform, port);

    public async Task KillAndStartAsync(CancellationToken cancellationToken)
    {
        await EndAsync(cancellationToken);
        process = Start(data, platform, port);
    }

    public async ValueTask DisposeAsync() => await EndAsync(CancellationToken.None);

    private async Task EndAsync(CancellationToken cancellationToken)
    {
        process.Kill();
        await process.WaitForExitAsync(cancellationToken);
        process.Dispose();
    }

    private static Process Start(string data, IReadOnlyDictionary<string, string> platform, int port)
    {
        var started = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!,
            ["serve", $"--Platform:Data={data}", $"--urls=http://127.0.0.1:{port}", "--Logging:LogLevel:Default=None", .. platform.Select(option => $"--Platform:{option.Key}={option.Value}")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        // Read, though nobody looks: a full pipe would stop it.
        started.BeginOutputReadLine();
        started.BeginErrorReadLine();
        return started;
    }
}
