using System.Diagnostics.Metrics;
using InternPlatform.Contracts.Jobs;

namespace InternPlatform.Jobs;

/// <summary>What a service's jobs did. Counted after the commit, so a race that was lost counts nothing. Names begin with the service's, since several share a process.</summary>
internal sealed class JobMetrics(string service)
{
    public static readonly Meter Meter = new("InternPlatform.Jobs");

    // From at once to an hour in the queue.
    private static readonly InstrumentAdvice<double> Waits = new() { HistogramBucketBoundaries = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600] };

    private readonly Counter<long> started = Meter.CreateCounter<long>($"{service}.jobs.started", "{job}", "Jobs whose work has begun, those taken up again included");
    private readonly Counter<long> ended = Meter.CreateCounter<long>($"{service}.jobs.ended", "{job}", "Jobs that have ended, by how");
    private readonly Histogram<double> wait = Meter.CreateHistogram($"{service}.jobs.wait", "s", "From the acceptance of a job to the first start of its work", tags: null, Waits);
    private readonly Counter<long> leasesLost = Meter.CreateCounter<long>($"{service}.jobs.leases_lost", "{lease}", "Leases that this process found to be another's");
    private readonly Counter<long> takenBack = Meter.CreateCounter<long>($"{service}.jobs.taken_back", "{job}", "Jobs taken from a supervisor that was gone");

    public void Moved(JobRow job, JobState to)
    {
        if (to == JobState.Running)
        {
            started.Add(1, Kind(job));
            if (job is { Attempt: 1, StartedAt: { } at })
            {
                wait.Record((at - job.CreatedAt).TotalSeconds, Kind(job));
            }
        }
        else if (to.HasEnded())
        {
            ended.Add(1, Kind(job), new("state", JobProblems.Camel(to)));
        }
    }

    public void LeaseLost(JobRow job) => leasesLost.Add(1, Kind(job));

    public void TakenBack(JobRow job) => takenBack.Add(1, Kind(job));

    private static KeyValuePair<string, object?> Kind(JobRow job) => new("kind", job.Kind);
}
