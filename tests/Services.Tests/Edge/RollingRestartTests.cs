using System.Diagnostics;
using System.Net;
using InternPlatform.Catalog;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace InternPlatform.Services.Tests.Edge;

/// <summary>U4: two real instances of one service, on one database and one data folder, are restarted one after the other under load.</summary>
public sealed class RollingRestartTests(ITestOutputHelper output)
{
    private const int PerSecond = 20;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(15);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rolling_restart_fails_no_GET()
    {
        using var data = new TemporaryFolder();
        var ports = (First: FreePort.Next(), Second: FreePort.Next());
        var first = await StartAsync(data.Path, "catalog", ports.First);
        var second = await StartAsync(data.Path, "catalog-2", ports.Second);
        await using (var gateway = await RunningGateway.StartAsync(
            new Dictionary<string, string> { ["catalog"] = $"http://localhost:{ports.First};http://localhost:{ports.Second}" },
            "--Platform:AssertionKey", Path.Combine(data.Path, "assertion.pem")))
        {
            var load = LoadAsync(gateway.Http);
            await Task.Delay(TimeSpan.FromSeconds(2), Cancel);
            first = await RestartAsync(first, data.Path, "catalog", ports.First);
            await Task.Delay(TimeSpan.FromSeconds(2), Cancel);
            second = await RestartAsync(second, data.Path, "catalog-2", ports.Second);
            Assert.False(load.IsCompleted, "the restarts took longer than the load");

            var answers = await load;
            output.WriteLine($"{answers.Count} calls, the slowest {answers.Max(answer => answer.Took.TotalMilliseconds):F0} ms");
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        }

        await first.DisposeAsync();
        await second.DisposeAsync();
    }

    private static async Task<List<(HttpStatusCode Status, TimeSpan Took)>> LoadAsync(HttpClient http)
    {
        var calls = new List<Task<(HttpStatusCode, TimeSpan)>>();
        using var ticks = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / PerSecond));
        for (var began = Stopwatch.StartNew(); began.Elapsed < Length; await ticks.WaitForNextTickAsync(Cancel))
        {
            calls.Add(CallAsync(http));
        }

        return [.. await Task.WhenAll(calls)];
    }

    private static async Task<(HttpStatusCode, TimeSpan)> CallAsync(HttpClient http)
    {
        var began = Stopwatch.StartNew();
        using var answer = await http.GetAsync("/api/catalog/datasets", Cancel);
        return (answer.StatusCode, began.Elapsed);
    }

    private static async Task<WebApplication> RestartAsync(WebApplication old, string data, string instance, int port)
    {
        await old.StopAsync(Cancel);
        await old.DisposeAsync();
        return await StartAsync(data, instance, port);
    }

    private static async Task<WebApplication> StartAsync(string data, string instance, int port)
    {
        var app = PlatformHostBuilder.Build(
            ["--urls", $"http://localhost:{port}", .. RunningGateway.Options(data), "--Platform:Instance", instance, "--Logging:LogLevel:Default", "Error"],
            [CatalogService.Definition],
            new HostExtensions { Name = "catalog" });
        await app.StartAsync(Cancel);
        return app;
    }
}
