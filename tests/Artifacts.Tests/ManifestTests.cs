using System.Text;
using Xunit;

namespace InternPlatform.Artifacts.Tests;

public sealed class ManifestTests : IDisposable
{
    private static readonly Dictionary<string, string> NoFacts = [];
    private readonly TestFolder folder = new();
    private readonly IArtifactStore store;

    public ManifestTests() => store = ArtifactStores.Open(new ArtifactOptions($"folder:{folder.Path}/store"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_same_folder_has_the_same_id_and_comes_back_whole()
    {
        var source = Fill("source", ("b.txt", "two"), ("a/x.txt", "one"), ("字.txt", "三"));
        var facts = new Dictionary<string, string> { ["rows"] = "3", ["language"] = "zh" };

        var id = await store.PutFolderAsync("dataset", source, facts, Cancel);

        Assert.Equal(id, await store.PutFolderAsync("dataset", Fill("again", ("字.txt", "三"), ("a/x.txt", "one"), ("b.txt", "two")), facts.Reverse().ToDictionary(), Cancel));
        var manifest = await store.ReadManifestAsync(id, Cancel);
        Assert.Equal("dataset", manifest.Kind);
        Assert.Equal(["a/x.txt", "b.txt", "字.txt"], manifest.Files.Select(file => file.Path));
        Assert.Equal("3", manifest.Facts["rows"]);

        var target = Path.Join(folder.Path, "target");
        await store.MaterializeAsync(id, target, Cancel);
        Assert.Equal("one", await File.ReadAllTextAsync(Path.Join(target, "a/x.txt"), Cancel));
        await store.MaterializeAsync(id, target, Cancel);    // there already: fine

        await using var file = await store.OpenFileAsync(id, "字.txt", Cancel);
        Assert.Equal("三", await new StreamReader(file).ReadToEndAsync(Cancel));
        await Assert.ThrowsAsync<ArtifactFileNotFoundException>(() => store.OpenFileAsync(id, "nothing", Cancel));
    }

    [Theory]
    [InlineData("b.txt", "TWO")]
    [InlineData("extra.txt", "more")]
    public async Task A_folder_with_anything_else_in_it_is_not_touched(string changed, string content)
    {
        var id = await store.PutFolderAsync("dataset", Fill("source", ("b.txt", "two")), NoFacts, Cancel);
        var target = Fill("target", ("b.txt", "two"), (changed, content));

        await Assert.ThrowsAsync<FolderOccupiedException>(() => store.MaterializeAsync(id, target, Cancel));

        Assert.Equal(content, await File.ReadAllTextAsync(Path.Join(target, changed), Cancel));
    }

    [Fact]
    public async Task A_link_in_the_folder_is_refused()
    {
        var source = Fill("source", ("b.txt", "two"));
        File.CreateSymbolicLink(Path.Join(source, "out"), "/etc/passwd");

        await Assert.ThrowsAsync<InvalidArtifactPathException>(() => store.PutFolderAsync("dataset", source, NoFacts, Cancel));
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"manifest":2,"kind":"a","facts":{},"files":[]}""")]
    [InlineData("""{"manifest":1,"facts":{},"files":[]}""")]
    [InlineData("""{"manifest":1,"kind":"a","facts":{"a":1},"files":[]}""")]
    [InlineData("""{"manifest":1,"kind":"a","facts":{},"files":[{"path":"../x","digest":"D","size":1}]}""")]
    [InlineData("""{"manifest":1,"kind":"a","facts":{},"files":[{"path":"x","digest":"e3","size":1}]}""")]
    [InlineData("""{"manifest":1,"kind":"a","facts":{},"files":[{"path":"x","digest":"D","size":-1}]}""")]
    [InlineData("""{"manifest":1,"kind":"a","facts":{},"files":[{"path":"x","digest":"D","size":1},{"path":"x","digest":"D","size":1}]}""")]
    [InlineData("""{"manifest":1,"kind":"a","facts":{},"files":[{"path":"x","digest":"D","size":1},{"path":"x/y","digest":"D","size":1}]}""")]
    [InlineData("""{"manifest":1,"kind":"a","kind":"b","facts":{},"files":[]}""")]
    [InlineData("""{"manifest":1,"kind":"a","facts":{},"files":[[[[[[]]]]]]}""")]
    public async Task A_blob_that_is_no_manifest_is_refused_by_reason(string json)
    {
        var id = await store.PutAsync(new MemoryStream(Encoding.UTF8.GetBytes(json.Replace("\"D\"", $"\"{new string('0', 64)}\"", StringComparison.Ordinal))), Cancel);

        var refusal = await Assert.ThrowsAsync<InvalidManifestException>(() => store.ReadManifestAsync(id, Cancel));

        Assert.Equal(id, refusal.ArtifactId);
    }

    [Theory]
    [InlineData("s3://bucket")]
    [InlineData("folder:relative")]
    [InlineData("")]
    public void A_store_that_is_not_there_is_refused_by_name(string location)
        => Assert.Equal(location, Assert.Throws<UnsupportedStoreException>(() => ArtifactStores.Open(new ArtifactOptions(location))).Location);

    private string Fill(string name, params (string Path, string Content)[] files)
    {
        var root = Path.Join(folder.Path, name);
        foreach (var (path, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(root, path))!);
            File.WriteAllText(Path.Join(root, path), content);
        }

        return root;
    }
}
