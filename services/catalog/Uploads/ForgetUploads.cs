namespace InternPlatform.Catalog.Uploads;

/// <summary>Once a day, bytes of uploads that nobody has gone on with for a week make room. An imported upload keeps its blob.</summary>
internal sealed partial class ForgetUploads(CatalogFiles files, TimeProvider time, ILogger<ForgetUploads> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromDays(1);
    private static readonly TimeSpan Age = TimeSpan.FromDays(7);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            if (files.Uploads.DeleteAbandoned(Age) is > 0 and var count)
            {
                Log.Forgotten(logger, count);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Forgot {Count} abandoned uploads")]
        public static partial void Forgotten(ILogger logger, int count);
    }
}
