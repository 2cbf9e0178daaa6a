using System.Security.Cryptography;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Kernels.Cpu;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Deployment.Replicas;

/// <summary>One deployment's life: fetch the model, start a replica, watch it, start it again when it falls, give up when that does not help.</summary>
internal sealed partial class ReplicaRun(
    DeploymentRow row, DeploymentStates states, IArtifactStore artifacts, ReplicaClient client, PlatformOptions platform, DeploymentOptions options,
    TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;
    private volatile Replica? current;

    /// <summary>The replica, while it answers.</summary>
    public Replica? Current => current;

    public void Begin() => running = Task.Run(() => RunAsync(stopping.Token));

    /// <summary>Ends the replica.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (var crashes = 0; ; crashes++)
            {
                var began = time.GetTimestamp();
                if (await LiveAsync(cancellationToken) is not { } reason)
                {
                    return;
                }

                crashes = time.GetElapsedTime(began) > 2 * LongestBackoff ? 0 : crashes;
                Log.Fell(logger, row.Name, crashes + 1, reason);
                if (crashes >= options.MaxCrashes)
                {
                    await FailAsync($"It fell {crashes + 1} times in a row and was given up. Delete it and deploy again. The last reason: {reason}", cancellationToken);
                    return;
                }

                await states.ChangeAsync(row.Id, changed => (changed.State, changed.Restarts, changed.Problem) = (DeploymentState.Starting, changed.Restarts + 1, reason), cancellationToken);
                await Task.Delay(Min(TimeSpan.FromSeconds(options.BackoffSeconds) * Math.Pow(2, crashes), LongestBackoff), time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Deleted, or the host stops.
        }
        catch (ArtifactException e)
        {
            await FailAsync(e.Message, CancellationToken.None);
        }
    }

    /// <summary>One process from start to end.</summary>
    /// <returns>Why it fell; null: it never can be served, or was deleted.</returns>
    private async Task<string?> LiveAsync(CancellationToken cancellationToken)
    {
        foreach (var (folder, artifact) in Files())
        {
            await artifacts.MaterializeAsync(artifact, folder, cancellationToken);
        }

        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await using var process = await ReplicaProcess.StartAsync(row.Id, Order(secret), cancellationToken);
        var (report, fall) = await StartedAsync(process, cancellationToken);
        if (report is null)
        {
            return fall;
        }

        if (report.Problem is { } problem)
        {
            await FailAsync(problem, cancellationToken);
            return null;
        }

        var replica = new Replica(new Uri($"http://127.0.0.1:{report.Port}"), secret);
        current = replica;
        try
        {
            return await states.ChangeAsync(row.Id, changed => Describe(changed, report), cancellationToken) ? await WatchAsync(process, replica, cancellationToken) : null;
        }
        finally
        {
            current = null;
        }
    }

    private async Task<(ReplicaReport? Report, string? Fall)> StartedAsync(ReplicaProcess process, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(options.StartSeconds));
        try
        {
            return await process.ReportAsync(patience.Token) is { } report ? (report, null) : (null, $"It ended while it loaded the model. {process.LogTail()}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"The model was not loaded within {options.StartSeconds} s.");
        }
    }

    /// <summary>Readiness is progress: a process that is there but does nothing is as good as gone.</summary>
    private async Task<string> WatchAsync(ReplicaProcess process, Replica replica, CancellationToken cancellationToken)
    {
        var limit = TimeSpan.FromSeconds(options.StuckSeconds);
        var exit = process.Exit;
        var answered = time.GetTimestamp();
        while (true)
        {
            await Task.WhenAny(exit, Task.Delay(Poll, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            if (exit.IsCompleted)
            {
                return $"Its process ended. {process.LogTail()}";
            }

            replica.Status = await client.StatusAsync(replica, cancellationToken);
            answered = replica.Status is null ? answered : time.GetTimestamp();
            if (replica.Status?.Failure is { } failure)
            {
                return failure;
            }

            if (replica.Status?.WithoutProgress > limit || time.GetElapsedTime(answered) > limit)
            {
                process.Kill();
                return $"It made no progress for {options.StuckSeconds} s.";
            }
        }
    }

    private Task<bool> FailAsync(string problem, CancellationToken cancellationToken)
    {
        Log.GivenUp(logger, row.Name, problem);
        return states.ChangeAsync(row.Id, changed => (changed.State, changed.Problem) = (DeploymentState.Failed, problem), cancellationToken);
    }

    private IEnumerable<(string Folder, string ArtifactId)> Files() =>
    [
        (ModelFolder, row.ModelArtifactId),
        .. row.DraftArtifactId is null ? [] : new[] { (DraftFolder, row.DraftArtifactId) },
        .. row.Adapters().Select(adapter => (AdapterFolder(adapter.Name), adapter.ArtifactId)),
    ];

    private string ModelFolder => Path.Join(ModelFolders.Of(platform, row.Id), "model");

    private string DraftFolder => Path.Join(ModelFolders.Of(platform, row.Id), "draft");

    private string AdapterFolder(string name) => Path.Join(ModelFolders.Of(platform, row.Id), "adapters", name);

    private ReplicaOrder Order(string secret) => new()
    {
        Folder = ModelFolder,
        DraftFolder = row.DraftArtifactId is null ? null : DraftFolder,
        Adapters = [.. row.Adapters().Select(adapter => new ReplicaAdapter(adapter.Name, AdapterFolder(adapter.Name), adapter.ArtifactId[..10]))],
        Name = row.Name,
        Fingerprint = $"fp_{row.ModelArtifactId[..10]}",
        Secret = secret,
        Engine = new()
        {
            MaxRunningSequences = options.MaxRunningSequences,
            MaxWaitingRequests = options.MaxWaitingRequests,
            MemoryBytes = options.MemoryBytes,
            CacheFormat = CacheFormatOf(row.CacheBits)!.Value,
        },
    };

    /// <summary>How so many bits are stored, or null where they are not.</summary>
    public static KvFormat? CacheFormatOf(int bits) => bits switch
    {
        32 => KvFormat.Bits32,
        16 => KvFormat.Bits16,
        8 => KvFormat.Bits8,
        4 => KvFormat.Bits4,
        _ => null,
    };

    private static void Describe(DeploymentRow changed, ReplicaReport report)
    {
        (changed.State, changed.Problem) = (DeploymentState.Ready, null);
        (changed.ContextLength, changed.Parameters, changed.PlannedBytes) = (report.ContextLength, report.Parameters, report.PlannedBytes);
        (changed.Template, changed.Capabilities) = (report.Template, report.Capabilities);
        (changed.WeightBits, changed.Quantization) = (report.WeightBits, report.Quantization);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The replica of {Deployment} fell (crash {Crashes} in a row): {Reason}")]
        public static partial void Fell(ILogger logger, string deployment, int crashes, string reason);

        [LoggerMessage(LogLevel.Error, "The deployment {Deployment} cannot be served: {Problem}")]
        public static partial void GivenUp(ILogger logger, string deployment, string problem);
    }
}
