using System.Text;
using Xunit;

namespace InternPlatform.Artifacts.Tests;

public sealed class ArtifactPathTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rows.jsonl")]
    [InlineData("train/en/train.bin.meta")]
    [InlineData("catalog/datasets/01990000-0000-7000-8000-000000000000/1")]
    [InlineData(".gitattributes")]
    [InlineData("..hidden/a..b")]
    [InlineData("诗经/关雎.txt")]
    [InlineData("emoji 🐉 (1) [x]~%2e%2e")]
    public void A_harmless_name_is_itself(string name) => Assert.Equal(name, ArtifactPath.Relative(name));

    [Fact]
    public void Every_hostile_name_is_refused()    // S6
    {
        var names = HostileNames().ToList();
        Assert.True(names.Count >= 300, $"only {names.Count} names");

        foreach (var name in names)
        {
            Assert.Throws<InvalidArtifactPathException>(() => ArtifactPath.Relative(name));
            Assert.Throws<InvalidArtifactPathException>(() => ArtifactPath.Inside("/tmp", name));
            Assert.Throws<InvalidArtifactPathException>(() => ArtifactPath.Digest(name));
        }
    }

    [Fact]
    public async Task No_hostile_name_reads_writes_or_deletes_outside()    // S6
    {
        using var folder = new TestFolder();
        var canary = Path.Join(folder.Path, "canary.ref");
        await File.WriteAllTextAsync(canary, "alive", Cancel);
        var store = ArtifactStores.Open(new ArtifactOptions($"folder:{folder.Path}/store"));
        var digest = await store.PutAsync(new MemoryStream([1]), Cancel);
        var before = Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories);

        foreach (var name in HostileNames())
        {
            await Assert.ThrowsAsync<InvalidArtifactPathException>(() => store.AddReferenceAsync(name, digest, Cancel));
            await Assert.ThrowsAsync<InvalidArtifactPathException>(() => store.RemoveReferenceAsync(name, Cancel));
            await Assert.ThrowsAsync<InvalidArtifactPathException>(() => store.OpenAsync(name, Cancel));
            await Assert.ThrowsAsync<InvalidArtifactPathException>(() => store.LocalPathAsync(name, Cancel));
            await Assert.ThrowsAsync<InvalidArtifactPathException>(() => store.ExistsAsync(name, Cancel));
            await Assert.ThrowsAsync<InvalidArtifactPathException>(() => store.OpenFileAsync(digest, name, Cancel));
            var manifest = new Manifest { Kind = "model", Files = [new ManifestFile(name, digest, 1)], Facts = new Dictionary<string, string>() };
            await Assert.ThrowsAsync<InvalidManifestException>(() => store.PutManifestAsync(manifest, Cancel));
        }

        Assert.Equal("alive", await File.ReadAllTextAsync(canary, Cancel));
        Assert.Equal(before, Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_link_on_the_way_is_refused()
    {
        using var folder = new TestFolder();
        Directory.CreateSymbolicLink(Path.Join(folder.Path, "out"), "/");

        Assert.Throws<InvalidArtifactPathException>(() => ArtifactPath.Inside(folder.Path, "out/etc/passwd"));
        Assert.Throws<InvalidArtifactPathException>(() => ArtifactPath.Inside(folder.Path, "out"));
    }

    private static IEnumerable<string> HostileNames()
    {
        string[] climbs = ["..", "../..", ".", "./", "../", "/..", "/../..", "a/../..", "a/..", "a/./b", "a//b", "//", "/", "a/", "../a", "../../canary", "./a"];
        string[] targets = ["canary", "etc/passwd", "store/blobs", "refs/x"];
        string[] devices = ["CON", "nul", "AUX.txt", "com1", "LPT9.log", "prn", "CONIN$", "x/NUL/y", "com0"];
        string[] ends = ["a.", "a ", " a", "a/b.", "a /b", "...", "a/...", ".. /a", ". ."];
        string[] absolutes = ["/etc/passwd", "//server/share", "C:", "C:\\x", "C:/x", "c:x", "\\\\server\\share", "\\\\?\\C:\\x", "file:///etc/passwd", "~\\x:", "\\", "..\\x", "a\\..\\..\\x", "https://x/y"];
        string[] long_ = [new('a', 201), new string('a', 1025), string.Join('/', Enumerable.Repeat("a", 600)), new('字', 67), "", "a/" + new string('b', 201)];
        var controls = Enumerable.Range(0, 32).Append(127).Concat(Enumerable.Range(0x80, 32)).Select(code => $"a{(char)code}b");
        var hidden = new[] { 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0xfeff, 0xd800, 0xdc00 }.Select(code => $"x{(char)code}.txt");
        var marks = "*?\"<>|:\\".SelectMany(mark => new[] { $"{mark}", $"a{mark}", $"{mark}a", $"a/{mark}/b" });
        var climbed = climbs.SelectMany(climb => targets.Select(target => climb.EndsWith('/') ? climb + target : $"{climb}/{target}"))
            .Where(name => name.Split('/') is var parts && (parts.Contains("..") || parts.Contains(".") || parts.Contains("")));
        var nulled = targets.SelectMany(target => new[] { $"{target}\0", $"\0{target}", $"{target}\0.txt", $"../{target}\0" });
        var spliced = targets.SelectMany(target => Enumerable.Range(1, 24).Select(depth => new StringBuilder().Insert(0, "../", depth).Append(target).ToString()));
        return climbs.Concat(climbed).Concat(devices).Concat(ends).Concat(absolutes).Concat(long_).Concat(controls).Concat(hidden).Concat(marks).Concat(nulled).Concat(spliced).Distinct();
    }
}
