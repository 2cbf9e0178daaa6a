using System.Net;
using System.Net.Http.Headers;
using Xunit;

namespace InternPlatform.Services.Tests.Hosting;

/// <summary>Figures for a collector that reads them, and for nobody else.</summary>
public sealed class MetricsTests
{
    private const string Token = "a-token-of-the-tests";

    [Fact]
    public async Task Whoever_has_the_token_reads_every_services_figures()
    {
        await using var platform = new RunningStandalone();
        await platform.StartAsync(["--Platform:MetricsToken", Token]);
        using var collector = new HttpClient { BaseAddress = new Uri(platform.Address) };
        collector.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        var text = "";
        for (var tries = 0; tries < 50 && !text.Contains("outbox_published", StringComparison.Ordinal); tries++)
        {
            text = await collector.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        }

        Assert.All(
            (string[])["identity", "catalog", "pretraining", "finetuning", "evaluation", "deployment", "agents", "pipelines"],
            service => Assert.Matches($"(?m)^{service}_outbox_rows(_messages)?(\\{{.*\\}})? 0", text));
        Assert.Contains("http_server_request_duration_seconds_count", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData(Token)]
    public async Task Nobody_else_does(string? authorization)
    {
        await using var platform = new RunningStandalone();
        await platform.StartAsync(["--Platform:MetricsToken", Token]);

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(platform.Address, authorization));
        Assert.False((await platform.Owner.GetAsync("/metrics", TestContext.Current.CancellationToken)).IsSuccessStatusCode);
    }

    [Fact]
    public async Task Without_a_token_there_is_nothing_to_read()
    {
        await using var platform = new RunningStandalone();
        await platform.InitializeAsync();

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(platform.Address, $"Bearer {Token}"));
        Assert.Equal(HttpStatusCode.NotFound, (await platform.Owner.GetAsync("/metrics", TestContext.Current.CancellationToken)).StatusCode);
    }

    private static async Task<HttpStatusCode> StatusAsync(string address, string? authorization)
    {
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
