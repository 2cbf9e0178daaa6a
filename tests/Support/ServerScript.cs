using System.Diagnostics;
using InternPlatform.AppHost;

namespace InternPlatform.Tests.Support;

/// <summary>
/// A broker, database or S3 server as the AppHost starts it on a machine without containers: the same script, on free ports and a folder of
/// its own. It ends with <see cref="DisposeAsync"/>, and with this process, however that ends.
/// </summary>
public sealed class ServerScript : IAsyncDisposable
{
    private readonly Process process;
    private readonly TemporaryFolder folder = new();

    private ServerScript(string name, int ports, IReadOnlyDictionary<string, string> environment)
    {
        Ports = FreePorts.Take(ports);
        var script = Path.Combine(RepositoryFolder.Path, "AppHost", "Servers", $"{name}.sh");
        var start = new ProcessStartInfo("bash", [script, folder.Path, .. Ports.Select(port => $"{port}")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["WATCH_PID"] = $"{Environment.ProcessId}";
        foreach (var (variable, value) in environment)
        {
            start.Environment[variable] = value;
        }

        process = Process.Start(start)!;
    }

    public IReadOnlyList<int> Ports { get; }

    public string Folder => folder.Path;

    /// <summary>Whether all these programs are on this machine.</summary>
    public static bool Has(params string[] programs) => programs.All(program =>
        File.Exists(program) || (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(path => File.Exists(Path.Combine(path, program))));

    /// <exception cref="InvalidOperationException">It did not become ready, with what it said.</exception>
    public static async Task<ServerScript> StartAsync(string name, int ports, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var server = new ServerScript(name, ports, environment);
        var errors = server.process.StandardError.ReadToEndAsync(cancellationToken);
        if (await server.process.StandardOutput.ReadLineAsync(cancellationToken) == "ready")
        {
            return server;
        }

        var said = await errors;
        await server.DisposeAsync();
        throw new InvalidOperationException($"{name}.sh: {said}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            using var kill = Process.Start("sh", ["-c", $"kill -TERM {process.Id}"]);
            await process.WaitForExitAsync();
        }

        process.Dispose();
        folder.Dispose();
    }
}
