namespace InternPlatform.Jobs;

/// <summary>
/// Tells a lease that nobody renews. Not by the time written in it: clocks of two machines differ, and are set. It has lapsed when it stood still for its
/// whole length by this process's own stopwatch.
/// </summary>
internal sealed class LeaseWatch(TimeProvider time, TimeSpan lease)
{
    private Dictionary<Guid, (long Token, DateTimeOffset? Until, long Since)> seen = [];

    /// <returns>Those of the jobs, all that are worked on now, whose lease has lapsed.</returns>
    public HashSet<Guid> Lapsed(IReadOnlyCollection<JobRow> jobs)
    {
        seen = jobs.ToDictionary(
            job => job.Id,
            job => seen.TryGetValue(job.Id, out var last) && last.Token == job.LeaseToken && last.Until == job.LeaseUntil
                ? last
                : (job.LeaseToken, job.LeaseUntil, time.GetTimestamp()));
        return [.. seen.Where(job => time.GetElapsedTime(job.Value.Since) > lease).Select(job => job.Key)];
    }
}
