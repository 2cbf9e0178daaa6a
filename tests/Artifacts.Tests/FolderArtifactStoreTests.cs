using System.Diagnostics;
using System.Runtime.Versioning;
using Xunit;

namespace InternPlatform.Artifacts.Tests;

[UnsupportedOSPlatform("windows")]
public sealed class FolderArtifactStoreTests : ArtifactStoreContract
{
    private string Root => Path.Join(Folder.Path, "store");

    protected override Task<IArtifactStore> OpenStoreAsync() => Task.FromResult(ArtifactStores.Open(new ArtifactOptions($"folder:{Root}")));

    protected override async Task TamperAsync(string digest, Func<byte[], byte[]> change)
    {
        var path = BlobPath(digest);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllBytesAsync(path, change(await File.ReadAllBytesAsync(path, Cancel)), Cancel);
    }

    protected override Task<int> CountLeftoversAsync()
        => Task.FromResult(Directory.GetFiles(Path.Join(Root, "temp")).Length + Directory.GetFiles(Path.Join(Root, "trash")).Length);

    [Fact]
    public async Task A_blob_cannot_be_written_to()
    {
        var path = await Store.LocalPathAsync(await PutAsync(Bytes(10, 1)), Cancel);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task What_a_dead_collector_held_is_readable_and_goes_back()
    {
        var digest = await PutAsync(Bytes(10, 1));
        await Store.AddReferenceAsync("kept", digest, Cancel);
        File.Move(BlobPath(digest), Path.Join(Root, "trash", digest));

        Assert.Equal(Bytes(10, 1), await ReadAsync(digest));
        await Store.CollectAsync(AnyAge, Cancel);

        Assert.True(File.Exists(BlobPath(digest)));
    }

    [Fact]
    public async Task A_reference_takes_a_blob_back_from_the_collector()
    {
        var digest = await PutAsync(Bytes(10, 1));
        File.Move(BlobPath(digest), Path.Join(Root, "trash", digest));

        await Store.AddReferenceAsync("kept", digest, Cancel);

        Assert.True(File.Exists(BlobPath(digest)));
    }

    [Fact]
    public async Task A_dead_puts_temporary_file_goes_after_a_day()
    {
        var abandoned = Path.Join(Root, "temp", "abandoned");
        var running = Path.Join(Root, "temp", "running");
        await File.WriteAllTextAsync(abandoned, "half", Cancel);
        await File.WriteAllTextAsync(running, "half", Cancel);
        File.SetLastWriteTimeUtc(abandoned, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-25));

        var report = await Store.CollectAsync(AnyAge, Cancel);

        Assert.Equal(1, report.DeletedLeftovers);
        Assert.False(File.Exists(abandoned));
        Assert.True(File.Exists(running));
    }

    [Fact]
    public async Task A_damaged_reference_stops_the_collection()
    {
        var digest = await PutAsync(Bytes(10, 1));
        await Store.AddReferenceAsync("kept", digest, Cancel);
        await File.WriteAllTextAsync(Path.Join(Root, "refs", "kept.ref"), "zzz", Cancel);

        await Assert.ThrowsAsync<CorruptReferenceException>(() => Store.CollectAsync(AnyAge, Cancel));

        Assert.True(await Store.ExistsAsync(digest, Cancel));
    }

    [Fact]
    public async Task A_full_disk_is_said_and_nothing_half_made_stays()
    {
        var mount = Path.Join(Folder.Path, "small");
        Directory.CreateDirectory(mount);
        Assert.SkipUnless(await RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount), "a file system of limited size needs root and mount");
        try
        {
            var store = ArtifactStores.Open(new ArtifactOptions($"folder:{mount}"));
            var small = await store.PutAsync(new MemoryStream(Bytes(300_000, 1)), Cancel);

            await Assert.ThrowsAsync<FullDiskException>(() => store.PutAsync(new MemoryStream(Bytes(2_000_000, 2)), Cancel));
            Assert.Empty(Directory.GetFiles(Path.Join(mount, "temp")));
            await (await store.OpenAsync(small, Cancel)).DisposeAsync();

            var artifact = await PutFolderAsync("model", ("model.safetensors", Bytes(2_000_000, 3)));
            var target = Path.Join(mount, "model");
            await Assert.ThrowsAsync<FullDiskException>(() => Store.MaterializeAsync(artifact, target, Cancel));
            Assert.Empty(Directory.GetDirectories(mount, "model*"));

            await UploadUntilFullAsync(Path.Join(mount, "uploads"));
        }
        finally
        {
            await RunAsync("umount", mount);
        }
    }

    private static async Task UploadUntilFullAsync(string folder)
    {
        var uploads = new UploadArea(folder, TimeProvider.System);
        await Assert.ThrowsAsync<FullDiskException>(() => uploads.StartAsync(Guid.CreateVersion7(), 2_000_000, Cancel));

        var (first, second) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await uploads.StartAsync(first, 500_000, Cancel);
        await uploads.StartAsync(second, 500_000, Cancel);
        Assert.Equal(500_000, await uploads.AppendAsync(first, 0, new MemoryStream(Bytes(500_000, 4)), Cancel));
        await Assert.ThrowsAsync<FullDiskException>(() => uploads.AppendAsync(second, 0, new MemoryStream(Bytes(500_000, 5)), Cancel));
        uploads.Delete(first);
        var (_, offset) = await uploads.StateAsync(second, Cancel);
        Assert.Equal(500_000, await uploads.AppendAsync(second, offset, new MemoryStream(Bytes(500_000, 5)[(int)offset..]), Cancel));
    }

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode == 0;
    }

    private string BlobPath(string digest) => Path.Join(Root, "blobs", digest[..2], digest);
}
