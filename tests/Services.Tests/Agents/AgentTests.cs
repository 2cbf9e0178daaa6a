using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Catalog;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Catalog;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Agents;

public sealed class AgentTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private FakeModels models = null!;
    private AgentsHost agents = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static CreateAgent Adder => new() { Name = "adder", Model = FakeModels.Model };

    public async ValueTask InitializeAsync()
    {
        models = await FakeModels.StartAsync();
        agents = await AgentsHost.StartAsync(folder.Path, models, [CatalogService.Definition]);
    }

    public async ValueTask DisposeAsync()
    {
        await agents.DisposeAsync();
        await models.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task An_agent_is_an_artefact_and_takes_its_model_from_the_deployment()
    {
        var agent = await agents.CreateAsync(Adder);
        Assert.Equal(FakeModels.ModelArtifact, agent.ModelArtifactId);
        await using var file = await agents.Store.OpenFileAsync(agent.ArtifactId!, "agent.json", Cancel);
        var stored = (await JsonSerializer.DeserializeAsync<CreateAgent>(file, PlatformJson.Options, Cancel))!;
        Assert.Equal(("adder", FakeModels.ModelArtifact, "calculator"), (stored.Name, stored.ModelArtifactId, stored.Tools.Single()));
        Assert.Equal("agent", (await agents.Store.ReadManifestAsync(agent.ArtifactId!, Cancel)).Kind);

        var lineage = await EventuallyAsync<LineageView>($"api/catalog/lineage/{agent.ArtifactId}");
        Assert.Equal(($"/agents/{agent.Id}", "adder"), (lineage.Nodes.Single().Path, lineage.Nodes.Single().Name));
    }

    [Fact]
    public async Task An_agent_is_found_by_name_and_by_id_and_listed_newest_first()
    {
        var first = await agents.CreateAsync(Adder);
        var second = await agents.CreateAsync(Adder with { Name = "other", Strategy = "react", Tools = [] });
        var list = (await agents.Client().GetFromJsonAsync<Page<AgentView>>("api/agents/agents", PlatformJson.Options, Cancel))!;
        Assert.Equal([second.Id, first.Id], list.Items.Select(agent => agent.Id));
        foreach (var name in new[] { "adder", first.Id.ToString() })
        {
            Assert.Equal(first.Id, (await agents.Client().GetFromJsonAsync<AgentView>($"api/agents/agents/{name}", PlatformJson.Options, Cancel))!.Id);
        }
    }

    [Theory]
    [InlineData("name-invalid", """{"name": "a b", "model": "fake"}""")]
    [InlineData("name-invalid", """{"name": "00000000-0000-7000-8000-000000000001", "model": "fake"}""")]
    [InlineData("strategy-unknown", """{"name": "a", "model": "fake", "strategy": "rewoo"}""")]
    [InlineData("tool-unknown", """{"name": "a", "model": "fake", "tools": ["oracle"]}""")]
    [InlineData("tool-missing", """{"name": "a", "model": "fake", "tools": []}""")]
    [InlineData("dataset-missing", """{"name": "a", "model": "fake", "tools": ["dataset-lookup"]}""")]
    [InlineData("dataset-unusable", """{"name": "a", "model": "fake", "datasetArtifactId": "x"}""")]
    [InlineData("dataset-unusable", """{"name": "a", "model": "fake", "datasetArtifactId": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"}""")]
    [InlineData("limit-invalid", """{"name": "a", "model": "fake", "maxSteps": 0}""")]
    [InlineData("limit-invalid", """{"name": "a", "model": "fake", "maxRepairs": 99}""")]
    [InlineData("model-not-found", """{"name": "a", "model": "nobody"}""")]
    public async Task What_cannot_be_an_agent_is_refused_by_name(string problem, string body)
    {
        using var answer = await agents.Client().PostAsync("api/agents/agents", new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal($"urn:intern-platform:agents:{problem}", (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_name_is_given_once_and_a_key_makes_one_agent()
    {
        var made = await agents.CreateAsync(Adder);
        using var taken = await agents.Client().PostAsJsonAsync("api/agents/agents", Adder, PlatformJson.Options, Cancel);
        Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
        Assert.Equal("agent", (await agents.Store.ReadManifestAsync(made.ArtifactId!, Cancel)).Kind);

        var ids = new HashSet<Guid>();
        foreach (var _ in Enumerable.Range(0, 2))
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "api/agents/agents") { Content = JsonContent.Create(Adder with { Name = "keyed" }, options: PlatformJson.Options) };
            request.Headers.Add("Idempotency-Key", "k");
            using var answer = await agents.Client().SendAsync(request, Cancel);
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            ids.Add((await answer.Content.ReadFromJsonAsync<AgentView>(PlatformJson.Options, Cancel))!.Id);
        }

        Assert.Single(ids);
    }

    [Fact]
    public async Task An_agent_is_deleted_with_its_runs()
    {
        models.Say = FakeModels.Copier;
        await agents.CreateAsync(Adder);
        var run = await agents.EndAsync("adder", "What is 1 plus 2 ?");
        var runs = (await agents.Client().GetFromJsonAsync<Page<AgentRunView>>("api/agents/agents/adder/runs", PlatformJson.Options, Cancel))!;
        Assert.Equal(run.Id, runs.Items.Single().Id);

        using var deleted = await agents.Client().DeleteAsync("api/agents/agents/adder", Cancel);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var gone = await agents.Client().GetAsync($"api/agents/runs/{run.Id}", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        await agents.CreateAsync(Adder);
    }

    [Fact]
    public async Task Another_tenants_agent_is_not_there()
    {
        models.Say = FakeModels.Copier;
        await agents.CreateAsync(Adder);
        var run = await agents.EndAsync("adder", "What is 1 plus 2 ?");
        var other = agents.Client(project: Guid.CreateVersion7());
        foreach (var path in new[] { "agents/adder", "agents/adder/runs", $"runs/{run.Id}", $"runs/{run.Id}/events" })
        {
            using var answer = await other.GetAsync($"api/agents/{path}", Cancel);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    private async Task<T> EventuallyAsync<T>(string path)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (true)
        {
            using var answer = await agents.Client("catalog").GetAsync(path, limit.Token);
            if (answer.IsSuccessStatusCode)
            {
                return (await answer.Content.ReadFromJsonAsync<T>(PlatformJson.Options, Cancel))!;
            }

            await Task.Delay(20, limit.Token);
        }
    }
}
