namespace InternPlatform.Jobs;

/// <summary>
/// A job that cannot do what it was asked. Becomes the job's problem <c>urn:intern-platform:&lt;service&gt;:&lt;problem&gt;</c>, in the words given here;
/// what else a body throws becomes <c>job-crashed</c>, with the stack only in the job's folder.
/// </summary>
/// <param name="problem">Stable name, such as <c>not-utf8</c>.</param>
/// <param name="title">What is wrong, in plain words.</param>
/// <param name="detail">What to do next.</param>
public sealed class JobFailedException(string problem, string title, string detail) : Exception($"{problem}: {title} {detail}")
{
    public string Problem { get; } = problem;
    public string Title { get; } = title;
    public string Detail { get; } = detail;
}

/// <summary>Thrown by a body that has saved its state after <see cref="JobContext.Pause"/> was set.</summary>
public sealed class JobPausedException() : Exception("The job saved its state and paused.");

/// <summary>A write under a lease that another worker has taken over. The writer must stop: its job goes on elsewhere.</summary>
public sealed class LeaseLostException(Guid jobId, long token) : Exception($"Lease {token} of job {jobId} is over: another worker has the job.")
{
    public Guid JobId { get; } = jobId;
    public long Token { get; } = token;
}
