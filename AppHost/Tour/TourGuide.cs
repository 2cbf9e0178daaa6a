using Microsoft.Extensions.Hosting;

namespace InternPlatform.AppHost.Tour;

/// <summary>
/// The unattended tour: signs in as the host's operator, hands over the file, posts the plan to pipelines and tells how it goes.
/// The work itself is pipelines': a restart of the platform, or of this host, changes nothing but the time it takes.
/// </summary>
internal sealed class TourGuide(HostArguments arguments, HostEnd end, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping, end.GaveUp);
        var line = await RunAsync(stop.Token);
        if (line is null)
        {
            return;
        }

        if (arguments.Exit)
        {
            end.Stop(line.StartsWith("tour: ok", StringComparison.Ordinal) ? 0 : 1, line);
        }
        else
        {
            Console.WriteLine(line);
        }
    }

    /// <returns>The tour's last line; null where the host was stopped by a person.</returns>
    private async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var platform = new TourSession(arguments);
            var memory = TourMemory.Read(arguments);
            var run = await memory.FindRunAsync(platform, cancellationToken) ?? await StartAsync(platform, memory, cancellationToken);
            run = await TourProgress.FollowAsync(platform, run, cancellationToken);
            memory.Forget();
            return TourLines.Last(run);
        }
        catch (TourFailedException e)
        {
            return TourLines.Failed(e.Step, e.Message);
        }
        catch (OperationCanceledException) when (end.GaveUp.IsCancellationRequested)
        {
            return TourLines.Failed("host", end.Reason!);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<Contracts.Pipelines.PipelineRunView> StartAsync(TourSession platform, TourMemory memory, CancellationToken cancellationToken)
    {
        var upload = arguments.TourFile is { } file
            ? await new TourUpload(platform, memory, file).SendAsync(cancellationToken)
            : (Guid?)null;
        return await memory.StartRunAsync(platform, upload, cancellationToken);
    }
}

/// <summary>The tour cannot go on.</summary>
internal sealed class TourFailedException(string step, string message) : Exception(message)
{
    public string Step => step;
}
