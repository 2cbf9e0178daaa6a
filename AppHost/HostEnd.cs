using Microsoft.Extensions.Hosting;

namespace InternPlatform.AppHost;

/// <summary>How the host ends: with which exit code, and which words last.</summary>
internal sealed class HostEnd(IHostApplicationLifetime lifetime) : IDisposable
{
    private readonly CancellationTokenSource gaveUp = new();
    private int exitCode;
    private string? lastLine;

    /// <summary>Set when the platform cannot be kept running.</summary>
    public CancellationToken GaveUp => gaveUp.Token;

    public string? Reason { get; private set; }

    /// <summary>Stops everything, and says the line when all is stopped, so that it is the last one.</summary>
    public void Stop(int code, string? line)
    {
        (exitCode, lastLine) = (Reason is null ? code : exitCode, line);
        lifetime.StopApplication();
    }

    /// <summary>The platform does not run and will not.</summary>
    public void GiveUp(int code, string reason)
    {
        (exitCode, Reason) = (code, reason);
        gaveUp.Cancel();
        lifetime.StopApplication();
    }

    public void Dispose() => gaveUp.Dispose();

    public int Conclude()
    {
        if (lastLine is not null)
        {
            Console.WriteLine(lastLine);
        }
        else if (Reason is not null)
        {
            Console.Error.WriteLine(Reason);
        }

        return exitCode;
    }
}
