using System.Diagnostics;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Jobs.Native;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Jobs;

/// <summary>The main function of a job's child process.</summary>
internal static class JobChild
{
    private const int Orphaned = 70;
    private const int StoreAway = 75;

    public static async Task<int> RunAsync(string service, IReadOnlyDictionary<string, ChildBody> bodies)
    {
        await using var output = new FileStream(Posix.TakeStandardOutput(), FileAccess.Write, bufferSize: 0);
        using var input = new StreamReader(Console.OpenStandardInput());
        if (await input.ReadLineAsync() is not { } first)
        {
            return Orphaned;
        }

        var document = JsonSerializer.Deserialize<ChildDocument>(first, PlatformJson.Options)!;
        var commands = new ChildInput(input, document.Assertion);
        using var trace = JobTrace.Begin($"job {document.Kind} attempt {document.Attempt}", document.TraceParent);
        try
        {
            // Only one process at a time works in a job's folder, even if a lost worker of an older lease is still there.
            await using var alone = await LockFile.TakeAsync(JobFiles.WorkerLock(document.JobFolder), commands.Cancel);
            using var report = new ChildReport(output, document.JobFolder, TimeProvider.System);
            report.Say(await RunBodyAsync(service, bodies, document, report, commands));
            return 0;
        }
        catch (OperationCanceledException) when (commands.Cancel.IsCancellationRequested)
        {
            return 0;    // cancelled before it began
        }
        catch (StoreUnreachableException e)
        {
            // No last line: the worker counts as lost, and the next attempt goes on from its checkpoint.
            await Console.Error.WriteLineAsync(e.Message);
            return StoreAway;
        }
    }

    private static async Task<ChildLine> RunBodyAsync(
        string service, IReadOnlyDictionary<string, ChildBody> bodies, ChildDocument document, ChildReport report, ChildInput commands)
    {
        var cancel = commands.Cancel;
        try
        {
            await using var device = document.DeviceLock is null ? null : await TakeDeviceAsync(document.DeviceLock, commands);
            Directory.CreateDirectory(document.WorkFolder);
            report.Say(new ChildLine { Say = "started" });
            var platform = PlatformOptions.OfEnvironment();
            using var addresses = new ServiceAddresses(platform, new InternalSocket(platform));
            var job = new JobContext(document, ArtifactStores.Open(PlatformArtifacts.Options(platform)), addresses, report, commands);
            var result = await bodies[document.Kind](job, document.Spec, cancel);
            return new ChildLine { Say = "result", Result = result };
        }
        catch (JobPausedException)
        {
            return new ChildLine { Say = "paused" };
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return new ChildLine { Say = "cancelled" };
        }
        catch (JobFailedException e)
        {
            report.Log("error", $"{e.Title} {e.Detail}");
            return new ChildLine { Say = "failed", Problem = $"{PlatformProblems.Prefix}{service}:{e.Problem}", Title = e.Title, Detail = e.Detail };
        }
        catch (FullDiskException e)
        {
            report.Log("error", e.Message);
            return new ChildLine { Say = "failed", Problem = $"{PlatformProblems.Prefix}{service}:disk-full", Title = "The disk is full.", Detail = "Free space on the disk of the data folder, and start the job again." };
        }
        catch (CorruptArtifactException e)
        {
            report.Log("error", e.Message);
            return new ChildLine { Say = "failed", Problem = $"{PlatformProblems.Prefix}{service}:artifact-damaged", Title = "An artefact that the job reads is damaged.", Detail = e.Message };
        }
#pragma warning disable CA1031 // the border of the process: whatever a body throws is recorded here, and told without its stack
        catch (Exception e) when (e is not StoreUnreachableException)
#pragma warning restore CA1031
        {
            await Console.Error.WriteLineAsync($"Trace {Activity.Current?.TraceId}: {e}");
            var crashed = JobProblems.Crashed(service);
            report.Log("error", crashed.Title);
            return new ChildLine { Say = "failed", Problem = crashed.Type, Title = crashed.Title, Detail = crashed.Detail };
        }
    }

    /// <summary>A job that waits for its device can be paused, whatever its body can.</summary>
    private static async Task<FileStream> TakeDeviceAsync(string path, ChildInput commands)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(commands.Cancel, commands.Pause);
        try
        {
            return await LockFile.TakeAsync(path, either.Token);
        }
        catch (OperationCanceledException) when (!commands.Cancel.IsCancellationRequested)
        {
            throw new JobPausedException();
        }
    }
}
