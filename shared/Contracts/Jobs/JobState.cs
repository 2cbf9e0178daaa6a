namespace InternPlatform.Contracts.Jobs;

/// <summary>
/// Where a job stands. A worker that stops its heartbeat sends the job from Preparing or Running back to Queued,
/// with a stored event whose reason is "lost", and one more attempt.
/// </summary>
public enum JobState
{
    Queued,
    Preparing,
    Running,
    Pausing,
    Paused,
    Cancelling,
    Succeeded,
    Failed,
    Cancelled,
}
