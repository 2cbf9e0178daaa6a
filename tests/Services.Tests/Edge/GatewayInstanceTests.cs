using System.Net;
using InternPlatform.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace InternPlatform.Services.Tests.Edge;

/// <summary>Several instances of one service behind the gateway, and those that are not there.</summary>
public sealed class GatewayInstanceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Nowhere => $"http://127.0.0.1:{FreePort.Next()}";

    [Fact]
    public async Task Calls_are_spread_and_one_that_is_killed_in_the_middle_fails_no_GET()
    {
        await using var one = await SlowAsync();
        var two = await SlowAsync();
        await using var gateway = await StartAsync(one.Address, two.Address);
        var statuses = new List<HttpStatusCode>();
        for (var burst = 0; burst < 20; burst++)
        {
            var answers = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => gateway.Http.GetAsync("/api/catalog/slow", Cancel)));
            if (burst == 10)
            {
                Assert.True(one.Asked > 20 && two.Asked > 20, $"{one.Asked} and {two.Asked} of 80");
                await Task.Delay(10, Cancel);
                await two.DisposeAsync();    // four of the burst are with it
            }

            statuses.AddRange((await answers).Select(answer => answer.StatusCode));
        }

        Assert.Equal(Enumerable.Repeat(HttpStatusCode.OK, 160), statuses);
    }

    [Fact]
    public async Task A_POST_that_was_sent_is_not_sent_again()
    {
        await using var one = await BreakingAsync();
        await using var two = await BreakingAsync();
        await using var gateway = await StartAsync(one.Address, two.Address);

        using var answer = await gateway.Http.PostAsync("/api/catalog/break", new StringContent("a body"), Cancel);

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal("urn:intern-platform:edge:answer-lost", (await RunningGateway.JsonOfAsync(answer)).GetProperty("type").GetString());
        Assert.Equal(1, one.Asked + two.Asked);
    }

    [Fact]
    public async Task A_POST_that_reached_nobody_goes_to_the_next_with_its_body()
    {
        await using var there = await StubService.StartAsync(routes => routes.MapPost("/api/catalog/echo", async (HttpRequest request) =>
            await new StreamReader(request.Body).ReadToEndAsync(Cancel)));
        await using var gateway = await StartAsync(Nowhere, there.Address);
        for (var i = 0; i < 10; i++)
        {
            using var answer = await gateway.Http.PostAsync("/api/catalog/echo", new StringContent($"body {i}"), Cancel);
            Assert.Equal($"body {i}", await answer.Content.ReadAsStringAsync(Cancel));
        }
    }

    [Fact]
    public async Task A_service_that_is_nowhere_is_told_by_name()
    {
        await using var gateway = await RunningGateway.StartAsync(
            new Dictionary<string, string> { ["catalog"] = $"{Nowhere};{Nowhere}", ["deployment"] = Nowhere });

        using var api = await gateway.Http.PostAsync("/api/catalog/uploads", new StringContent("{}"), Cancel);
        using var model = await gateway.Http.GetAsync("/v1/models", Cancel);
        var (problem, error) = (await RunningGateway.JsonOfAsync(api), (await RunningGateway.JsonOfAsync(model)).GetProperty("error"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, api.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), api.Headers.RetryAfter?.Delta);
        Assert.Equal("application/problem+json", api.Content.Headers.ContentType?.MediaType);
        Assert.Equal("urn:intern-platform:edge:service-away", problem.GetProperty("type").GetString());
        Assert.Equal("The catalog service does not answer.", problem.GetProperty("title").GetString());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, model.StatusCode);
        Assert.Equal(("service_away", "server_error"), (error.GetProperty("code").GetString(), error.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task One_that_is_not_ready_is_left_alone_unless_none_is()
    {
        await using var one = await StubService.StartAsync("one");
        await using var two = await StubService.StartAsync("two");
        await using var gateway = await RunningGateway.StartAsync(new Dictionary<string, string> { ["catalog"] = $"{one.Address};{two.Address}" }, "--Edge:HealthSeconds", "1");
        two.Ready = false;

        // The second probe in a row that says so counts.
        await UntilAsync(async () => await OfTwentyAsync(gateway, "two") == 0);
        one.Ready = false;
        await UntilAsync(async () => await OfTwentyAsync(gateway, "two") > 0);
    }

    private static async Task<int> OfTwentyAsync(RunningGateway gateway, string name)
    {
        var answers = 0;
        for (var i = 0; i < 20; i++)
        {
            answers += (await gateway.Http.GetStringAsync("/api/catalog/who", Cancel)).StartsWith(name, StringComparison.Ordinal) ? 1 : 0;
        }

        return answers;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(15), "not after 15 s");
            await Task.Delay(100, Cancel);
        }
    }

    private static Task<RunningGateway> StartAsync(params string[] catalog) =>
        RunningGateway.StartAsync(new Dictionary<string, string> { ["catalog"] = string.Join(';', catalog) });

    private static Task<StubService> SlowAsync() => StubService.StartAsync(routes => routes.MapGet("/api/catalog/slow", async () =>
    {
        await Task.Delay(30, Cancel);
        return "done";
    }));

    private static Task<StubService> BreakingAsync() => StubService.StartAsync(routes => routes.MapPost("/api/catalog/break", async (HttpContext http) =>
    {
        await new StreamReader(http.Request.Body).ReadToEndAsync(Cancel);
        http.Abort();
    }));
}
