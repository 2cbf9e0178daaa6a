using System.Diagnostics;
using System.Text.Json;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Jobs;

/// <summary>A job's child as its supervisor sees it: this host's own executable with a clean environment.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int MostOutput = 1 << 20;
    private static readonly string[] LibraryPrefixes = ["OMP_", "KMP_", "MKL_", "OPENBLAS_", "TORCH_", "ATEN_", "PYTORCH_", "CUDA_", "NVIDIA_"];
    private readonly Process process;
    private readonly Task output;

    private ChildProcess(Process process, Task output)
    {
        this.process = process;
        this.output = output;
        Identity = new ProcessIdentity(process.Id, ProcessIdentity.StartOf(process.Id) ?? 0);
    }

    public ProcessIdentity Identity { get; }

    public static async Task<ChildProcess> StartAsync(string service, ChildDocument document, PlatformOptions options, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(document.JobFolder);
        var process = Process.Start(Describe(service, document.JobId, options))!;
        var child = new ChildProcess(process, KeepOutputAsync(process.StandardError, JobFiles.Output(document.JobFolder)));
        await child.WriteAsync(document, cancellationToken);
        return child;
    }

    /// <summary>The next line, or null when the child has closed its output: it has ended, or is about to.</summary>
    public async Task<ChildLine?> ReadAsync(CancellationToken cancellationToken)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } text)
        {
            try
            {
                return JsonSerializer.Deserialize<ChildLine>(text, PlatformJson.Options);
            }
            catch (JsonException)
            {
                continue;    // printed by the runtime before the child took its output over
            }
        }

        return null;
    }

    public Task SendAsync(ChildCommand command, CancellationToken cancellationToken) => WriteAsync(command, cancellationToken);

    public void Kill() => Identity.Kill();

    /// <summary>Closes the child's input, which ends it, and waits until it has gone.</summary>
    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        await output;
        process.Dispose();
    }

    private async Task WriteAsync<T>(T line, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync((JsonSerializer.Serialize(line, PlatformJson.Options) + "\n").AsMemory(), cancellationToken);
            await process.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // The child has ended; its output says so, too.
        }
    }

    /// <summary>No database, no bus, no signing key: a child holds nothing that the job does not need.</summary>
    private static ProcessStartInfo Describe(string service, Guid jobId, PlatformOptions options)
    {
        var start = ChildStart.Of(["job", "run", jobId.ToString(), "--service", service], LibraryPrefixes);
        string[] withheld = [PlatformOptions.Variable(nameof(options.Bus)), PlatformOptions.Variable(nameof(options.Database)), PlatformOptions.Variable(nameof(options.AssertionKey))];
        foreach (var (name, value) in options.ToEnvironment().Where(variable => !withheld.Contains(variable.Key)))
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static async Task KeepOutputAsync(StreamReader printed, string path)
    {
        var kept = new FileInfo(path) is { Exists: true } file ? file.Length : 0;
        await using var writer = new StreamWriter(path, append: true);
        while (await printed.ReadLineAsync() is { } line)
        {
            // Reading goes on beyond the limit: a full pipe would stop the child.
            if ((kept += line.Length + 1) < MostOutput)
            {
                await writer.WriteLineAsync(line);
                await writer.FlushAsync();
            }
        }
    }
}
