using System.Diagnostics;
using System.Net;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.EndToEnd.Tests;

/// <summary>Each service is a program of its own: it says what it lacks, or answers and refuses everything but health without an assertion.</summary>
public sealed class LoneServiceTests
{
    public static TheoryData<string> Services => ["Catalog", "Pretraining", "Finetuning", "Evaluation", "Deployment", "Agents", "Pipelines", "Identity"];

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Without_configuration_it_says_what_it_lacks(string service)
    {
        using var process = Start(service, []);
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(2, process.ExitCode);
        Assert.All((string[])["Platform__Bus", "Platform__Database", "Platform__Artifacts", "Platform__AssertionKey"], variable => Assert.Contains(variable, said, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Configured_it_answers_health_and_OpenAPI_and_nothing_else_without_an_assertion(string service)
    {
        using var data = new TemporaryFolder();
        var address = $"http://127.0.0.1:{FreePort.Next()}";
        using var process = Start(service, new()
        {
            ["Platform__Bus"] = "memory",
            ["Platform__Database"] = "sqlite",
            ["Platform__Artifacts"] = "folder",
            ["Platform__Data"] = data.Path,
            ["Platform__AssertionKey"] = Path.Combine(data.Path, "assertion.pem"),
            ["ASPNETCORE_URLS"] = address,
        });
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(address) };
            await UntilReadyAsync(client, process);
            var name = service.ToLowerInvariant();
            using var live = await client.GetAsync("health/live", TestContext.Current.CancellationToken);
            using var openApi = await client.GetAsync($"openapi/{name}.json", TestContext.Current.CancellationToken);
            using var jobs = await client.GetAsync($"api/{name}/jobs", TestContext.Current.CancellationToken);

            Assert.Equal(HttpStatusCode.OK, live.StatusCode);
            Assert.True(openApi.StatusCode is HttpStatusCode.OK or HttpStatusCode.Unauthorized, $"{openApi.StatusCode}");
            Assert.Equal(HttpStatusCode.Unauthorized, jobs.StatusCode);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(string service, Dictionary<string, string> settings)
    {
        var start = new ProcessStartInfo("dotnet", [RepositoryFolder.Output(service, $"InternPlatform.{service}.dll")])
        {
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static async Task UntilReadyAsync(HttpClient client, Process process)
    {
        for (var tries = 0; tries < 300; tries++)
        {
            Assert.False(process.HasExited, "The service ended.");
            try
            {
                using var response = await client.GetAsync("health/ready", TestContext.Current.CancellationToken);
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Fail("The service did not become ready in 30 s.");
    }
}
