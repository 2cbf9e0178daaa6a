using System.Collections.Concurrent;
using InternPlatform.Contracts.Jobs;

namespace InternPlatform.Jobs;

/// <summary>
/// What wakes whom within this process. Only hints: whoever waits also looks by itself now and then, so that a change made by another process is
/// seen late, not never.
/// </summary>
/// <typeparam name="TDb">Tells one service's signals from another's.</typeparam>
internal sealed class JobSignals<TDb>
{
    private readonly ConcurrentDictionary<Guid, Pulse> jobs = new();
    private long published;

    /// <summary>A job was queued, or one that runs was asked to do something else.</summary>
    public Pulse Queue { get; } = new();

    /// <summary>A transaction was committed, maybe with messages.</summary>
    public Pulse Outbox { get; } = new();

    /// <summary>A message was kept, or is to be delivered again.</summary>
    public Pulse DeadLetters { get; } = new();

    /// <summary>Newer than the row, which is written once a second.</summary>
    public ConcurrentDictionary<Guid, JobProgress> Progress { get; } = new();

    /// <summary>Messages that the bus has confirmed since this process began.</summary>
    public long Published => Interlocked.Read(ref published);

    public void CountPublished(int messages) => Interlocked.Add(ref published, messages);

    public Pulse Job(Guid id) => jobs.GetOrAdd(id, _ => new Pulse());

    public void Changed(Guid id)
    {
        if (jobs.TryGetValue(id, out var pulse))
        {
            pulse.Set();
        }
    }

    /// <summary>Nothing more will happen to the job soon.</summary>
    public void Forget(Guid id)
    {
        Progress.TryRemove(id, out _);
        if (jobs.TryRemove(id, out var pulse))
        {
            pulse.Set();
        }
    }
}

/// <summary>Take <see cref="Next"/> first, then look, then wait: nothing that happens between is missed.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource next = New();

    public Task Next => Volatile.Read(ref next).Task;

    public void Set() => Interlocked.Exchange(ref next, New()).TrySetResult();

    /// <summary>Ends at the pulse or after the time.</summary>
    public static async Task WaitAsync(Task pulse, TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(pulse, Task.Delay(atMost, time, over.Token));
        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
