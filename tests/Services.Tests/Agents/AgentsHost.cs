using System.Net;
using System.Net.Http.Json;
using InternPlatform.Agents;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Agents;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InternPlatform.Services.Tests.Agents;

/// <summary>The real agents service on a data folder that outlives it, alone or beside others.</summary>
internal sealed class AgentsHost : IAsyncDisposable
{
    public static readonly Guid Project = Guid.Parse("00000000-0000-7000-8000-000000000001");

    private readonly WebApplication app;

    private AgentsHost(WebApplication app) => this.app = app;

    public IArtifactStore Store => app.Services.GetRequiredService<IArtifactStore>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public HttpClient Client(string service = AgentsService.Name, Guid? project = null) => app.Services.GetRequiredService<ServiceClients>()
        .For(service, new Originator("user", "User", project ?? Project, [Scopes.Read, Scopes.Write, Scopes.Chat]));

    public static async Task<AgentsHost> StartAsync(string data, FakeModels? models, IReadOnlyList<PlatformService>? others = null, Action<IServiceCollection>? change = null)
    {
        string[] args =
        [
            "--urls=http://127.0.0.1:0", $"--Platform:Data={data}", "--Agents:Patience=00:00:00.200", "--Agents:Backoff=00:00:00.010", "--Agents:Poll=00:00:00.100",
            "--Deployment:BackoffSeconds=0.05", "--Logging:LogLevel:Default=Error",
            .. models is null ? Array.Empty<string>() : [$"--Platform:Services:deployment={models.Address}"],
        ];
        var app = PlatformHostBuilder.Build(
            args, [AgentsService.Definition, .. others ?? []], new HostExtensions { Name = "test", Embedded = true, AddServices = builder => change?.Invoke(builder.Services) });
        await app.StartAsync(Cancel);
        return new AgentsHost(app);
    }

    public async Task<AgentView> CreateAsync(CreateAgent agent)
    {
        using var answer = await Client().PostAsJsonAsync("api/agents/agents", agent, PlatformJson.Options, Cancel);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(Cancel));
        return (await answer.Content.ReadFromJsonAsync<AgentView>(PlatformJson.Options, Cancel))!;
    }

    public async Task<AgentRunView> AskAsync(string agent, string question)
    {
        using var answer = await Client().PostAsJsonAsync($"api/agents/agents/{agent}/runs", new StartAgentRun { Question = question, Seed = 5 }, PlatformJson.Options, Cancel);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Cancel));
        var run = (await answer.Content.ReadFromJsonAsync<AgentRunView>(PlatformJson.Options, Cancel))!;
        Assert.Equal($"/api/agents/runs/{run.Id}", answer.Headers.Location?.ToString());
        return run;
    }

    public async Task<AgentRunView> EndAsync(string agent, string question) => await EndAsync((await AskAsync(agent, question)).Id);

    public async Task<AgentRunView> EndAsync(Guid id)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            var run = (await Client().GetFromJsonAsync<AgentRunView>($"api/agents/runs/{id}", PlatformJson.Options, Cancel))!;
            if (run.State != AgentRunState.Running)
            {
                return run;
            }

            Assert.False(limit.IsCancellationRequested, $"after 60 s: {Steps(run)}");
            await Task.Delay(10, Cancel);
        }
    }

    /// <summary>The tree in one line: <c>1 model ok; 2 tool-call(1) ok</c>.</summary>
    public static string Steps(AgentRunView run) =>
        string.Join("; ", run.Steps.Select(step => $"{step.Number} {step.Kind}{(step.Parent is { } parent ? $"({parent})" : "")} {step.Status}"));

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }
}
