using System.Diagnostics;
using System.Net.Http.Json;
using Xunit;

namespace InternPlatform.Services.Tests.Deployment;

public sealed class StopTests
{
    [Fact]
    public async Task A_host_that_stops_ends_open_streams_with_an_error_and_does_not_wait_for_them()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var host = new DeploymentHost();
        await host.InitializeAsync();
        var body = DeploymentHost.Chat("hello", ("stream", true), ("n", 8), ("max_tokens", 480), ("ignore_eos", true), ("logprobs", true), ("top_logprobs", 20));
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = JsonContent.Create(body) };
        using var answer = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        using var stream = new StreamReader(await answer.Content.ReadAsStreamAsync(cancel));
        await stream.ReadLineAsync(cancel);

        var clock = Stopwatch.StartNew();
        var rest = stream.ReadToEndAsync(cancel);
        await host.StopAsync();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(8), $"{clock.Elapsed}");
        Assert.EndsWith("data: [DONE]\n\n", await rest, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"server_stopping\"", await rest, StringComparison.Ordinal);
    }
}
