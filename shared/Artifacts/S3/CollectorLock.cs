namespace InternPlatform.Artifacts.S3;

/// <summary>One collector at a time: an object that only one can make. One that was not renewed for a while belongs to a process that died.</summary>
internal sealed class CollectorLock(S3Bucket bucket, TimeProvider time)
{
    private const string Key = "collector.lock";
    private const string Clock = "collector.clock";
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(200);

    public async Task<Held> TakeAsync(CancellationToken cancellationToken)
    {
        while (!await bucket.PutNewAsync(Key, cancellationToken))
        {
            if (await ChangedAsync(Key, cancellationToken) is { } since && await ServerTimeAsync(cancellationToken) - since > Life)
            {
                await bucket.DeleteAsync(Key, cancellationToken);
            }

            await Task.Delay(Wait, time, cancellationToken);
        }

        return new Held(bucket, time);
    }

    /// <summary>The server's clock, which dates all objects; ours may be minutes off.</summary>
    public async Task<DateTime> ServerTimeAsync(CancellationToken cancellationToken)
    {
        await bucket.PutEmptyAsync(Clock, cancellationToken);
        return await ChangedAsync(Clock, cancellationToken) ?? throw new ArtifactNotFoundException(Clock);
    }

    private async Task<DateTime?> ChangedAsync(string key, CancellationToken cancellationToken) =>
        (await bucket.ListAsync(key, cancellationToken).FirstOrDefaultAsync(cancellationToken))?.Changed;

    internal sealed class Held(S3Bucket bucket, TimeProvider time) : IAsyncDisposable
    {
        private long renewed = time.GetTimestamp();

        public async Task RenewAsync(CancellationToken cancellationToken)
        {
            if (time.GetElapsedTime(renewed) > Life / 5)
            {
                await bucket.PutEmptyAsync(Key, cancellationToken);
                renewed = time.GetTimestamp();
            }
        }

        public async ValueTask DisposeAsync() => await bucket.DeleteAsync(Key, CancellationToken.None);
    }
}
