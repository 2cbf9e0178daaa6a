using System.Security.Cryptography;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Identity;

/// <summary>Takes the steps of a rotation when they are due, whichever process began it. A file without marks, such as a mounted secret, is left alone.</summary>
internal sealed partial class AssertionKeyKeeper(AssertionKeyRotation rotation, TimeProvider time, ILogger<AssertionKeyKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string? complaint = null;
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await rotation.ContinueAsync(stoppingToken) is { } done)
                {
                    Log.Step(logger, done);
                }

                complaint = null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException or FormatException)
            {
                if (complaint != e.Message)
                {
                    complaint = e.Message;
                    Log.NotTaken(logger, e.Message);
                }
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Rotation of the assertion key: {Step}")]
        public static partial void Step(ILogger logger, string step);

        [LoggerMessage(LogLevel.Warning, "The assertion key cannot be rotated further now ({Reason}); it is tried again")]
        public static partial void NotTaken(ILogger logger, string reason);
    }
}
