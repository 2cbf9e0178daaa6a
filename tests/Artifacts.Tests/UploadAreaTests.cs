using Xunit;

namespace InternPlatform.Artifacts.Tests;

public sealed class UploadAreaTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly IArtifactStore store;
    private readonly Guid id = Guid.CreateVersion7();
    private UploadArea uploads;

    public UploadAreaTests()
    {
        store = ArtifactStores.Open(new ArtifactOptions($"folder:{folder.Path}/store"));
        uploads = Reopen();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_upload_goes_on_after_a_restart_and_becomes_a_blob()
    {
        await uploads.StartAsync(id, 6, Cancel);
        Assert.Equal(3, await uploads.AppendAsync(id, 0, new MemoryStream([1, 2, 3]), Cancel));
        uploads = Reopen();
        Assert.Equal((6, 3), await uploads.StateAsync(id, Cancel));
        await Assert.ThrowsAsync<UploadIncompleteException>(() => uploads.CompleteAsync(id, store, Cancel));
        Assert.Equal(6, await uploads.AppendAsync(id, 3, new MemoryStream([4, 5, 6]), Cancel));

        var digest = await uploads.CompleteAsync(id, store, Cancel);

        Assert.Equal(digest, await uploads.CompleteAsync(id, store, Cancel));
        Assert.Equal((6, 6), await uploads.StateAsync(id, Cancel));
        Assert.Equal([1, 2, 3, 4, 5, 6], await File.ReadAllBytesAsync(await store.LocalPathAsync(digest, Cancel), Cancel));
        await Assert.ThrowsAsync<WrongUploadOffsetException>(() => uploads.AppendAsync(id, 0, new MemoryStream([1]), Cancel));
    }

    [Fact]
    public async Task A_wrong_offset_is_refused_with_the_right_one()
    {
        await uploads.StartAsync(id, 6, Cancel);
        await uploads.AppendAsync(id, 0, new MemoryStream([1, 2, 3]), Cancel);

        var refusal = await Assert.ThrowsAsync<WrongUploadOffsetException>(() => uploads.AppendAsync(id, 2, new MemoryStream([3]), Cancel));

        Assert.Equal((3, 2), (refusal.Expected, refusal.Given));
    }

    [Fact]
    public async Task More_than_announced_is_refused_and_not_kept()
    {
        await uploads.StartAsync(id, 4, Cancel);
        await uploads.AppendAsync(id, 0, new MemoryStream([1, 2, 3]), Cancel);

        await Assert.ThrowsAsync<UploadTooLargeException>(() => uploads.AppendAsync(id, 3, new MemoryStream([4, 5]), Cancel));

        Assert.Equal((4, 3), await uploads.StateAsync(id, Cancel));
    }

    [Fact]
    public async Task What_came_before_a_break_is_kept()
    {
        await uploads.StartAsync(id, 100_000, Cancel);

        await Assert.ThrowsAsync<IOException>(() => uploads.AppendAsync(id, 0, new BreakingStream(new byte[100_000]), Cancel));

        Assert.Equal((100_000, 65_536), await uploads.StateAsync(id, Cancel));
    }

    [Fact]
    public async Task Bytes_that_were_never_counted_are_cut_off()
    {
        await uploads.StartAsync(id, 4, Cancel);
        await uploads.AppendAsync(id, 0, new MemoryStream([1, 2]), Cancel);
        await File.AppendAllBytesAsync(Directory.GetFiles(Path.Join(folder.Path, "uploads"), "*.part").Single(), new byte[] { 9, 9 }, Cancel);    // written, not flushed, when the machine went down

        await uploads.AppendAsync(id, 2, new MemoryStream([3, 4]), Cancel);

        var digest = await uploads.CompleteAsync(id, store, Cancel);
        Assert.Equal([1, 2, 3, 4], await File.ReadAllBytesAsync(await store.LocalPathAsync(digest, Cancel), Cancel));
    }

    [Fact]
    public async Task Two_writers_are_not_interleaved()
    {
        await uploads.StartAsync(id, 8, Cancel);
        var slow = new WaitingStream();
        var first = uploads.AppendAsync(id, 0, slow, Cancel);
        await slow.Asked.Task.WaitAsync(Cancel);

        await Assert.ThrowsAsync<UploadBusyException>(() => Reopen().AppendAsync(id, 0, new MemoryStream([1]), Cancel));

        slow.End.SetResult();
        Assert.Equal(0, await first);
    }

    [Fact]
    public async Task An_unknown_upload_is_named()
    {
        await Assert.ThrowsAsync<UploadNotFoundException>(() => uploads.AppendAsync(id, 0, new MemoryStream(), Cancel));
        await Assert.ThrowsAsync<UploadNotFoundException>(() => uploads.CompleteAsync(id, store, Cancel));
        await Assert.ThrowsAsync<UploadNotFoundException>(() => uploads.StateAsync(id, Cancel));
    }

    [Fact]
    public async Task Abandoned_uploads_are_forgotten()
    {
        await uploads.StartAsync(id, 8, Cancel);

        Assert.Equal(0, uploads.DeleteAbandoned(TimeSpan.FromDays(1)));
        Assert.Equal(1, uploads.DeleteAbandoned(TimeSpan.FromDays(-1)));

        await Assert.ThrowsAsync<UploadNotFoundException>(() => uploads.StateAsync(id, Cancel));
    }

    private UploadArea Reopen() => new(Path.Join(folder.Path, "uploads"), TimeProvider.System);

    private sealed class BreakingStream(byte[] content) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => Position > 0 ? throw new IOException("The connection broke off.") : base.ReadAsync(buffer[..Math.Min(buffer.Length, 65_536)], cancellationToken);
    }

    private sealed class WaitingStream : MemoryStream
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Asked.TrySetResult();
            await End.Task.WaitAsync(cancellationToken);
            return 0;
        }
    }
}
