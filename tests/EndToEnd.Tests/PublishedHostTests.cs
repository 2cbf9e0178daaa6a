using System.Diagnostics;
using System.Text.RegularExpressions;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.EndToEnd.Tests;

/// <summary>The published host, started from another folder and outside Development, serves every asset whole.</summary>
public sealed partial class PublishedHostTests
{
    [Fact]
    public async Task Every_asset_has_its_full_size()
    {
        using var folder = new TemporaryFolder();
        using var data = new TemporaryFolder();
        var program = await PublishAsync(folder.Path);
        await using var platform = new PlatformProcess(data.Path, program);
        await platform.StartAsync(workingFolder: "/");
        using var client = platform.NewClient();

        var page = await client.GetStringAsync("welcome", TestContext.Current.CancellationToken);
        var assets = Asset().Matches(page).Select(match => match.Groups[1].Value).Where(path => !path.StartsWith("http", StringComparison.Ordinal)).Distinct().ToList();
        assets.AddRange(["_content/InternPlatform.Portal/run.js", "_content/InternPlatform.Portal/chat.js", "_content/Vizor.ECharts/js/vizor-echarts-bundle-min.js"]);

        Assert.Contains(assets, path => path.Contains("blazor.web", StringComparison.Ordinal));
        Assert.Contains(assets, path => path.Contains("MudBlazor", StringComparison.Ordinal) && path.Contains(".css", StringComparison.Ordinal));
        foreach (var path in assets)
        {
            var (served, encoding) = await SizeAsync(client, path, "identity");
            var file = FileOf(folder.Path, path);
            Assert.True(file is not null, $"{path} is not in the publish folder");
            Assert.Equal(new FileInfo(file).Length, served);
            var (squeezed, how) = await SizeAsync(client, path, "br, gzip");
            Assert.True(how is "br" or "gzip" || served < 2_000, $"{path} is not compressed");
            Assert.True(squeezed <= served, $"{path}: {squeezed} bytes as {how}, {served} as {encoding}");
        }
    }

    private static async Task<string> PublishAsync(string folder)
    {
        var project = Path.Combine(RepositoryFolder.Path, "services", "standalone");
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        using var publish = Process.Start(new ProcessStartInfo(
            "dotnet", ["publish", project, "--no-build", "-c", configuration, "-o", folder, "-v", "quiet", "-nologo"])
        { RedirectStandardOutput = true })!;
        var said = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0, said);
        return Path.Combine(folder, "InternPlatform.Standalone.dll");
    }

    private static async Task<(long Bytes, string? Encoding)> SizeAsync(HttpClient client, string path, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accept);
        using var response = await client.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode}");
        return ((await response.Content.ReadAsByteArrayAsync()).LongLength, response.Content.Headers.ContentEncoding.SingleOrDefault());
    }

    // A fingerprinted address names the file without the fingerprint.
    private static string? FileOf(string folder, string path)
    {
        var plain = Path.Combine(folder, "wwwroot", path.TrimStart('/').Split('?')[0]);
        var parts = Path.GetFileName(plain).Split('.');
        var candidates = Enumerable.Range(1, Math.Max(0, parts.Length - 2)).Select(i => Path.Combine(Path.GetDirectoryName(plain)!, string.Join('.', parts.Where((_, at) => at != i))));
        return candidates.Prepend(plain).FirstOrDefault(File.Exists);
    }

    [GeneratedRegex("(?:href|src)=\"([^\"]+\\.(?:css|js)[^\"]*)\"")]
    private static partial Regex Asset();
}
