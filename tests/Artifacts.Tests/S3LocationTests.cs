using InternPlatform.Artifacts.S3;
using Xunit;

namespace InternPlatform.Artifacts.Tests;

public sealed class S3LocationTests
{
    [Fact]
    public void An_address_is_taken_apart()
    {
        var location = S3Location.TryRead("https://key:se%2Fcret@store.example:9000/intern")!;

        Assert.Equal(("https", "store.example", 9000, "key", "se/cret", "intern"), (location.Server.Scheme, location.Server.Host, location.Server.Port, location.AccessKey, location.SecretKey, location.Bucket));
        Assert.Equal("https://store.example:9000/intern", location.Shown);
    }

    [Theory]
    [InlineData("http://store.example/bucket")]
    [InlineData("http://key@store.example/bucket")]
    [InlineData("http://key:s3cr3t@store.example/")]
    [InlineData("http://key:s3cr3t@store.example/a/b")]
    public void What_lacks_a_part_is_refused_without_showing_the_secret(string location)
        => Assert.DoesNotContain("s3cr3t", Assert.Throws<UnsupportedStoreException>(() => ArtifactStores.Open(new ArtifactOptions(location))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_server_that_does_not_answer_is_named()
    {
        var cache = Directory.CreateTempSubdirectory("s3-cache-").FullName;
        var store = ArtifactStores.Open(new ArtifactOptions("http://key:secret@127.0.0.1:1/bucket") { CacheFolder = cache });

        Assert.Contains("http://127.0.0.1:1/bucket cannot be used", (await Assert.ThrowsAsync<StoreUnreachableException>(() => store.CheckAsync(TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);
        Directory.Delete(cache, recursive: true);
    }
}
