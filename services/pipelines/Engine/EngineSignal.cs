using System.Collections.Concurrent;
using System.Threading.Channels;

namespace InternPlatform.Pipelines.Engine;

/// <summary>A hint that some run may be able to go on. Hints that nobody waited for are one hint.</summary>
internal sealed class EngineSignal
{
    private readonly Channel<bool> hints = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => hints.Writer.TryWrite(true);

    /// <summary>Returns at a hint, or when the time is over.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await hints.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over: the caller polls.
        }
    }
}

/// <summary>Tells those who watch a run in this process that it changed.</summary>
internal sealed class RunWatch
{
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> waiting = new();

    /// <summary>Ends at the next change. Take it before reading the row, so that no change falls in between.</summary>
    public Task NextChange(Guid runId) =>
        waiting.GetOrAdd(runId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Changed(Guid runId)
    {
        if (waiting.TryRemove(runId, out var watchers))
        {
            watchers.SetResult();
        }
    }
}
