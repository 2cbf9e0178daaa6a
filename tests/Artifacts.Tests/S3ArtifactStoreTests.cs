using InternPlatform.Artifacts.S3;
using Xunit;

namespace InternPlatform.Artifacts.Tests;

/// <summary>The same promises over a real S3 server, and what only a server can do to us.</summary>
public sealed class S3ArtifactStoreTests(S3Server server) : ArtifactStoreContract
{
    private S3Bucket bucket = null!;
    private string location = "";

    // Each is several calls over HTTP.
    protected override int Damages => 80;
    protected override int Puts => 400;
    protected override int Rounds => 15;

    private string Cache => Path.Join(Folder.Path, "cache");

    protected override async Task<IArtifactStore> OpenStoreAsync()
    {
        Assert.SkipWhen(S3Server.Missing is not null, S3Server.Missing ?? "");
        location = await server.LocationAsync($"test-{Guid.CreateVersion7():N}");
        bucket = new S3Bucket(S3Location.TryRead(location)!);
        var store = ArtifactStores.Open(new ArtifactOptions(location) { CacheFolder = Cache });
        await store.PrepareAsync(Cancel);
        return store;
    }

    protected override async Task TamperAsync(string digest, Func<byte[], byte[]> change)
    {
        using var memory = new MemoryStream();
        Assert.True(await bucket.ReadAsync(BlobKey(digest), (bytes, token) => bytes.CopyToAsync(memory, token), Cancel));
        await bucket.PutAsync(BlobKey(digest), new MemoryStream(change(memory.ToArray())), Cancel);
        // The sound copy on this machine would be served, rightly.
        File.Delete(Path.Join(Cache, digest[..2], digest));
    }

    protected override async Task<int> CountLeftoversAsync()
        => await bucket.ListAsync("trash/", Cancel).CountAsync(Cancel) + Directory.GetFiles(Path.Join(Cache, "temp")).Length;

    [Fact]
    public async Task A_rotten_copy_on_this_machine_is_fetched_again()
    {
        var digest = await PutAsync(Bytes(5_000, 1));
        var copy = Path.Join(Cache, digest[..2], digest);
        await File.WriteAllBytesAsync(copy, Bytes(5_000, 2), Cancel);

        Assert.Equal(Bytes(5_000, 1), await ReadAsync(digest));
        Assert.Equal(Bytes(5_000, 1), await File.ReadAllBytesAsync(copy, Cancel));
    }

    [Fact]
    public async Task What_another_machine_put_is_read_here()
    {
        var other = ArtifactStores.Open(new ArtifactOptions(location) { CacheFolder = Path.Join(Folder.Path, "other") });
        var digest = await other.PutAsync(new MemoryStream(Bytes(5_000, 1)), Cancel);

        Assert.Equal(Bytes(5_000, 1), await ReadAsync(digest));
    }

    [Fact]
    public async Task A_blob_larger_than_one_part_is_whole()
    {
        var content = Bytes(20_000_000, 9);
        var digest = await PutAsync(content);
        Directory.Delete(Path.Join(Cache, digest[..2]), recursive: true);

        Assert.Equal(content, await ReadAsync(digest));
    }

    [Fact]
    public async Task What_a_dead_collector_held_is_readable_and_goes_back()
    {
        var digest = await PutAsync(Bytes(10, 1));
        await Store.AddReferenceAsync("kept", digest, Cancel);
        await bucket.CopyAsync(BlobKey(digest), $"trash/{digest}", Cancel);
        await bucket.DeleteAsync(BlobKey(digest), Cancel);
        Directory.Delete(Path.Join(Cache, digest[..2]), recursive: true);

        Assert.Equal(Bytes(10, 1), await ReadAsync(digest));
        Assert.Equal(1, (await Store.CollectAsync(AnyAge, Cancel)).DeletedLeftovers);
        Assert.Equal(10, await bucket.SizeAsync(BlobKey(digest), Cancel));
    }

    [Fact]
    public async Task A_reference_names_any_text_and_is_told_apart_from_its_neighbours()
    {
        var (first, second) = (await PutAsync(Bytes(10, 1)), await PutAsync(Bytes(11, 2)));
        await Store.AddReferenceAsync("数据集/a b~c+d", first, Cancel);
        await Store.AddReferenceAsync("数据集/a b", second, Cancel);
        await Store.RemoveReferenceAsync("数据集/a b", Cancel);

        Assert.Equal(1, (await Store.CollectAsync(AnyAge, Cancel)).DeletedBlobs);
        Assert.True(await Store.ExistsAsync(first, Cancel));
    }

    [Fact]
    public async Task An_object_below_refs_that_names_no_digest_stops_the_collection()
    {
        var digest = await PutAsync(Bytes(10, 1));
        await bucket.PutEmptyAsync("refs/strange", Cancel);

        await Assert.ThrowsAsync<CorruptReferenceException>(() => Store.CollectAsync(AnyAge, Cancel));
        Assert.True(await Store.ExistsAsync(digest, Cancel));
    }

    [Fact]
    public async Task A_server_that_does_not_know_us_is_named_without_the_secret()
    {
        var stranger = ArtifactStores.Open(new ArtifactOptions(await server.LocationAsync("bucket", "wrong-secret")) { CacheFolder = Cache });
        var refused = await Assert.ThrowsAsync<StoreUnreachableException>(() => stranger.CheckAsync(Cancel));

        Assert.Contains("refuses the access key", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-secret", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bucket_that_has_gone_is_named()
    {
        var location = await server.LocationAsync("never-made");
        var gone = new S3Bucket(S3Location.TryRead(location)!);
        var store = ArtifactStores.Open(new ArtifactOptions(location) { CacheFolder = Cache });

        Assert.Contains("no such bucket", (await Assert.ThrowsAsync<StoreUnreachableException>(() => store.CheckAsync(Cancel))).Message, StringComparison.Ordinal);
        Assert.Contains("no such bucket", (await Assert.ThrowsAsync<StoreUnreachableException>(() => gone.PutEmptyAsync("key", Cancel))).Message, StringComparison.Ordinal);
    }

    private static string BlobKey(string digest) => $"blobs/{digest[..2]}/{digest}";
}
