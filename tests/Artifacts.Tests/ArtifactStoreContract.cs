using System.Security.Cryptography;
using Xunit;

namespace InternPlatform.Artifacts.Tests;

/// <summary>What every store promises. A store's own test class says how to open it and how its bytes can rot.</summary>
public abstract class ArtifactStoreContract : IAsyncLifetime
{
    protected static readonly TimeSpan AnyAge = TimeSpan.Zero;

    /// <summary>How often things happen in the long tests.</summary>
    protected virtual int Damages => 1_000;
    protected virtual int Puts => 10_000;
    protected virtual int Rounds => 150;

    protected TestFolder Folder { get; } = new();

    protected IArtifactStore Store { get; private set; } = null!;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract Task<IArtifactStore> OpenStoreAsync();

    /// <summary>Changes stored bytes behind the store's back.</summary>
    protected abstract Task TamperAsync(string digest, Func<byte[], byte[]> change);

    /// <summary>Files that a finished or refused put must not leave.</summary>
    protected abstract Task<int> CountLeftoversAsync();

    public async ValueTask InitializeAsync() => Store = await OpenStoreAsync();

    public ValueTask DisposeAsync()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000_003)]
    public async Task What_was_put_is_read_under_its_sha256(int bytes)
    {
        var content = Bytes(bytes, seed: bytes);

        var digest = await PutAsync(content);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), digest);
        Assert.Equal(content, await ReadAsync(digest));
        Assert.Equal(content, await File.ReadAllBytesAsync(await Store.LocalPathAsync(digest, Cancel), Cancel));
        Assert.Equal(bytes, await Store.SizeAsync(digest, Cancel));
        Assert.True(await Store.ExistsAsync(digest, Cancel));
        Assert.Equal(0, await CountLeftoversAsync());
    }

    [Fact]
    public async Task The_same_content_twice_is_one_blob()
    {
        var digest = await PutAsync(Bytes(100, 1));

        Assert.Equal(digest, await PutAsync(Bytes(100, 1)));
        Assert.Equal(1, (await Store.CollectAsync(AnyAge, Cancel)).DeletedBlobs);
    }

    [Fact]
    public async Task A_missing_blob_is_named()
    {
        var digest = new string('a', 64);

        Assert.False(await Store.ExistsAsync(digest, Cancel));
        Assert.Equal(digest, (await Assert.ThrowsAsync<ArtifactNotFoundException>(() => Store.OpenAsync(digest, Cancel))).Digest);
        await Assert.ThrowsAsync<ArtifactNotFoundException>(() => Store.SizeAsync(digest, Cancel));
        await Assert.ThrowsAsync<ArtifactNotFoundException>(() => Store.LocalPathAsync(digest, Cancel));
    }

    [Fact]
    public async Task A_put_whose_source_breaks_off_leaves_nothing()
    {
        await Assert.ThrowsAsync<IOException>(() => Store.PutAsync(new BreakingStream(Bytes(300_000, 2)), Cancel));

        Assert.Equal(0, await CountLeftoversAsync());
        Assert.Equal(0, (await Store.CollectAsync(AnyAge, Cancel)).DeletedBlobs);
    }

    [Fact]
    public async Task Putting_again_heals_a_damaged_blob()
    {
        var content = Bytes(5_000, 3);
        var digest = await PutAsync(content);
        await TamperAsync(digest, bytes => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]);
        await Assert.ThrowsAsync<CorruptArtifactException>(() => Store.OpenAsync(digest, Cancel));

        await PutAsync(content);

        Assert.Equal(content, await ReadAsync(digest));
    }

    [Fact]
    public async Task Collection_takes_what_no_reference_reaches()
    {
        var kept = await PutAsync(Bytes(10, 4));
        var lost = await PutAsync(Bytes(11, 5));
        await Store.AddReferenceAsync("catalog/datasets/1", kept, Cancel);

        var report = await Store.CollectAsync(AnyAge, Cancel);

        Assert.Equal((1, 11L, 1), (report.DeletedBlobs, report.FreedBytes, report.KeptBlobs));
        Assert.False(await Store.ExistsAsync(lost, Cancel));
        Assert.Equal(Bytes(10, 4), await ReadAsync(kept));
    }

    [Fact]
    public async Task Collection_spares_what_is_young()
    {
        var digest = await PutAsync(Bytes(10, 4));

        await Store.CollectAsync(TimeSpan.FromHours(24), Cancel);

        Assert.True(await Store.ExistsAsync(digest, Cancel));
    }

    [Fact]
    public async Task A_forgotten_reference_keeps_nothing()
    {
        var digest = await PutAsync(Bytes(10, 4));
        await Store.AddReferenceAsync("a/b", digest, Cancel);
        await Store.AddReferenceAsync("a", digest, Cancel);

        await Store.RemoveReferenceAsync("a/b", Cancel);
        await Store.RemoveReferenceAsync("never/added", Cancel);
        Assert.Equal(0, (await Store.CollectAsync(AnyAge, Cancel)).DeletedBlobs);

        await Store.RemoveReferenceAsync("a", Cancel);
        Assert.Equal(1, (await Store.CollectAsync(AnyAge, Cancel)).DeletedBlobs);
    }

    [Fact]
    public async Task A_reference_to_a_manifest_keeps_its_files()
    {
        var artifact = await PutFolderAsync("model", ("config.json", "{}"u8.ToArray()), ("weights/model.safetensors", Bytes(1_000, 6)));
        await Store.AddReferenceAsync("models/1", artifact, Cancel);

        Assert.Equal(0, (await Store.CollectAsync(AnyAge, Cancel)).DeletedBlobs);

        await Store.RemoveReferenceAsync("models/1", Cancel);
        Assert.Equal(3, (await Store.CollectAsync(AnyAge, Cancel)).DeletedBlobs);
    }

    [Fact]
    public async Task A_reference_to_something_missing_is_refused_and_not_kept()
    {
        var kept = await PutAsync(Bytes(10, 4));
        await Store.AddReferenceAsync("name", kept, Cancel);

        await Assert.ThrowsAsync<ArtifactNotFoundException>(() => Store.AddReferenceAsync("name", new string('b', 64), Cancel));

        Assert.Equal(0, (await Store.CollectAsync(AnyAge, Cancel)).DeletedBlobs);    // the name still points at what it pointed at
    }

    [Fact]
    public async Task A_reference_to_a_manifest_whose_file_has_gone_is_refused()
    {
        var file = await PutAsync(Bytes(10, 7));
        var manifest = new Manifest { Kind = "dataset", Files = [new ManifestFile("rows.jsonl", new string('c', 64), 10), new ManifestFile("meta.json", file, 10)], Facts = new Dictionary<string, string>() };
        var artifact = await Store.PutManifestAsync(manifest, Cancel);

        await Assert.ThrowsAsync<ArtifactNotFoundException>(() => Store.AddReferenceAsync("name", artifact, Cancel));

        Assert.Equal(2, (await Store.CollectAsync(AnyAge, Cancel)).DeletedBlobs);
    }

    [Fact]
    public async Task A_collector_takes_nothing_that_a_put_and_a_reference_have_answered_for()
    {
        // Two clients put the same few contents, refer to them, check them and let go, while two collectors of any age run without pause.
        // A put may lose to the collector before its reference exists (its grace is the minimum age, zero here): then the reference says so and is tried again.
        using var stop = new CancellationTokenSource();
        var collected = 0;
        var collectors = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                Interlocked.Add(ref collected, (await Store.CollectAsync(AnyAge, Cancel)).DeletedBlobs);
            }
        }, Cancel)).ToArray();

        var clients = Enumerable.Range(0, 3).Select(client => Task.Run(() => PutReferReadAsync(client, Rounds), Cancel)).ToArray();
        await Task.WhenAll(clients);
        await stop.CancelAsync();
        await Task.WhenAll(collectors);

        Assert.True(collected > 0, "the collectors found nothing to take, so the test showed nothing");
        Assert.Equal(0, await CountLeftoversAsync());
    }

    private async Task PutReferReadAsync(int client, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            var content = Bytes(2_000, round % 3);
            var name = $"clients/{client}";
            string digest;
            while (true)
            {
                digest = await PutAsync(content);
                try
                {
                    await Store.AddReferenceAsync(name, digest, Cancel);
                    break;
                }
                catch (ArtifactNotFoundException)
                {
                    continue;
                }
            }

            for (var read = 0; read < 3; read++)
            {
                Assert.Equal(content, await ReadAsync(digest));
            }

            await Store.RemoveReferenceAsync(name, Cancel);
        }
    }

    [Fact]
    public async Task Damages_are_all_found_and_named()    // D10
    {
        const int seed = 20260;
        var random = new Random(seed);
        var artifacts = new[]
        {
            await PutFolderAsync("dataset", ("rows.jsonl", Bytes(9_000, 10)), ("meta.json", "{}"u8.ToArray())),
            await PutFolderAsync("tokenizer", ("tokenizer.json", Bytes(20_000, 11)), ("special_tokens_map.json", "{\"a\":1}"u8.ToArray())),
            await PutFolderAsync("shards", ("train/en/train.bin", Bytes(50_000, 12)), ("train/en/train.bin.meta", Bytes(400, 13))),
            await PutFolderAsync("model", ("config.json", "{\"b\":2}"u8.ToArray()), ("model.safetensors", Bytes(100_000, 14))),
        };
        var files = new List<(string Artifact, string? Path, string Digest)>();
        foreach (var artifact in artifacts)
        {
            files.Add((artifact, null, artifact));
            files.AddRange((await Store.ReadManifestAsync(artifact, Cancel)).Files.Select(file => (artifact, (string?)file.Path, file.Digest)));
        }

        for (var i = 0; i < Damages; i++)
        {
            var (artifact, path, digest) = files[random.Next(files.Count)];
            var original = await ReadAsync(digest);
            var other = await ReadAsync(files.First(file => file.Digest != digest).Digest);
            await TamperAsync(digest, bytes => Damage.Of(i % 4, bytes, other, random));

            var where = $"seed {seed}, damage {i} of kind {i % 4} in {path ?? "manifest"}";
            Assert.Equal(digest, (await ThrowsAsync<CorruptArtifactException>(where, () => Store.OpenAsync(digest, Cancel))).Digest);
            Assert.Equal(digest, (await ThrowsAsync<CorruptArtifactException>(where, () => Store.LocalPathAsync(digest, Cancel))).Digest);
            Assert.Equal(digest, (await ThrowsAsync<CorruptArtifactException>(where, () => Store.OpenFileAsync(artifact, path ?? "config.json", Cancel))).Digest);
            var target = Path.Join(Folder.Path, "materialized");
            Assert.Equal(digest, (await ThrowsAsync<CorruptArtifactException>(where, () => Store.MaterializeAsync(artifact, target, Cancel))).Digest);
            Assert.Empty(Directory.GetDirectories(Folder.Path, "materialized*"));
            await TamperAsync(digest, _ => original);
        }
    }

    [Fact]
    [Trait("Goal", "D11")]
    public async Task Puts_beside_a_collector_tear_and_lose_nothing()
    {
        var contents = Enumerable.Range(0, Puts / 10).Select(i => Bytes(64 + i, 100 + i)).ToArray();
        using var stop = new CancellationTokenSource();
        var collector = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await Store.CollectAsync(TimeSpan.FromHours(1), Cancel);
                await Store.CollectAsync(AnyAge, Cancel);
            }
        }, Cancel);
        var clients = Enumerable.Range(0, 8).Select(client => Task.Run(async () =>
        {
            var random = new Random(client);
            var held = new Dictionary<string, int>();
            for (var i = 0; i < Puts / 8; i++)
            {
                var pick = random.Next(contents.Length);
                var name = $"c{client}/{i % (Puts / 16)}";
                if (i >= Puts / 16)
                {
                    held.Remove(name);
                    await Store.RemoveReferenceAsync(name, Cancel);
                }

                await PutAndReferAsync(name, contents[pick]);
                held[name] = pick;
                Assert.Equal(contents[pick], await ReadAsync(Convert.ToHexStringLower(SHA256.HashData(contents[pick]))));
            }

            return held;
        }, Cancel)).ToArray();

        var references = (await Task.WhenAll(clients)).SelectMany(held => held.Values).Distinct().ToList();
        await stop.CancelAsync();
        await collector;

        var report = await Store.CollectAsync(AnyAge, Cancel);
        Assert.Equal(references.Count, report.KeptBlobs);
        foreach (var pick in references)
        {
            Assert.Equal(contents[pick], await ReadAsync(Convert.ToHexStringLower(SHA256.HashData(contents[pick]))));
        }
    }

    private async Task PutAndReferAsync(string name, byte[] content)
    {
        while (true)
        {
            var digest = await PutAsync(content);
            try
            {
                await Store.AddReferenceAsync(name, digest, Cancel);
                return;
            }
            catch (ArtifactNotFoundException)
            {
                continue;    // taken between the two: only possible because this test lets the collector take blobs of any age
            }
        }
    }

    protected Task<string> PutAsync(byte[] content) => Store.PutAsync(new MemoryStream(content), Cancel);

    protected async Task<byte[]> ReadAsync(string digest)
    {
        await using var stream = await Store.OpenAsync(digest, Cancel);
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory, Cancel);
        return memory.ToArray();
    }

    protected async Task<string> PutFolderAsync(string kind, params (string Path, byte[] Content)[] files)
    {
        var folder = Path.Join(Folder.Path, "source-" + Guid.CreateVersion7().ToString("N"));
        foreach (var (path, content) in files)
        {
            var full = Path.Join(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            await File.WriteAllBytesAsync(full, content, Cancel);
        }

        return await Store.PutFolderAsync(kind, folder, new Dictionary<string, string> { ["files"] = $"{files.Length}" }, Cancel);
    }

    protected static byte[] Bytes(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task<T> ThrowsAsync<T>(string where, Func<Task> act)
        where T : Exception
    {
        try
        {
            await act();
        }
        catch (T e)
        {
            return e;
        }

        throw new Xunit.Sdk.XunitException($"Damaged bytes were served: {where}.");
    }

    private sealed class BreakingStream(byte[] content) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => Position >= 200_000 ? throw new IOException("The connection broke off.") : base.ReadAsync(buffer, cancellationToken);
    }
}
