using System.Net.Http.Json;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Pipelines;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InternPlatform.Services.Tests.Pipelines;

/// <summary>The real pipelines service on a data folder that outlives it.</summary>
internal sealed class PipelinesHost : IAsyncDisposable
{
    public static readonly Guid Project = Guid.Parse("00000000-0000-7000-8000-000000000001");

    private readonly WebApplication app;

    private PipelinesHost(WebApplication app) => this.app = app;

    public HttpClient Client(Guid? project = null) => app.Services.GetRequiredService<ServiceClients>()
        .For("pipelines", new Originator("user", "User", project ?? Project, [Scopes.Read, Scopes.Write, Scopes.Chat]));

    public static async Task<PipelinesHost> StartAsync(string data, DownstreamServices downstream, string patience = "00:05:00")
    {
        string[] args =
        [
            "--urls=http://127.0.0.1:0", $"--Platform:Data={data}", "--Pipelines:Poll=00:00:00.010", $"--Pipelines:Patience={patience}",
            .. new[] { "catalog", "pretraining", "finetuning", "evaluation", "deployment", "agents" }.Select(service => $"--Platform:Services:{service}={downstream.Address}"),
            "--Logging:LogLevel:Default=Warning",
        ];
        var app = PlatformHostBuilder.Build(args, [PipelinesService.Definition], new HostExtensions { Name = "test", Embedded = true });
        await app.StartAsync();
        return new PipelinesHost(app);
    }

    public async Task<PipelineRunView> StartTourAsync(StartPipeline? request = null)
    {
        using var answer = await Client().PostAsJsonAsync("api/pipelines/runs", request ?? new StartPipeline { Plan = "tour" }, PlatformJson.Options);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<PipelineRunView>(PlatformJson.Options))!;
    }

    public async Task<PipelineRunView> RunAsync(Guid id) =>
        (await Client().GetFromJsonAsync<PipelineRunView>($"api/pipelines/runs/{id}", PlatformJson.Options))!;

    public async Task<PipelineRunView> WhenAsync(Guid id, Func<PipelineRunView, bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var run = await RunAsync(id);
            if (condition(run))
            {
                return run;
            }

            Assert.False(limit.IsCancellationRequested, $"after 30 s: {run.State}, {string.Join(' ', run.Steps.Select(step => $"{step.Name}={step.State}"))}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public Task<PipelineRunView> EndAsync(Guid id) => WhenAsync(id, run => run.State != PipelineState.Running);

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
