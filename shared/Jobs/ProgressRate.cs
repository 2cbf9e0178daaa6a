using InternPlatform.Contracts.Jobs;

namespace InternPlatform.Jobs;

/// <summary>Rate and remaining time from what was done in the last half minute: a pause or a slow start is soon forgotten.</summary>
internal sealed class ProgressRate(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    private readonly Queue<(long At, long Done)> samples = new();

    public JobProgress Next(long done, long? total, string unit)
    {
        var now = time.GetTimestamp();
        if (samples.Count > 0 && samples.Last().Done > done)
        {
            samples.Clear();    // begun again, as after a resume
        }

        samples.Enqueue((now, done));
        while (samples.Count > 2 && time.GetElapsedTime(samples.Peek().At, now) > Window)
        {
            samples.Dequeue();
        }

        var (first, before) = samples.Peek();
        var seconds = time.GetElapsedTime(first, now).TotalSeconds;
        double? rate = seconds > 0 ? (done - before) / seconds : null;
        return new JobProgress { Done = done, Total = total, Unit = unit, RatePerSecond = rate, EtaSeconds = Eta(done, total, rate) };
    }

    public static double? Eta(long done, long? total, double? rate) => total is { } end && rate > 0 ? Math.Max(0, end - done) / rate : null;
}
