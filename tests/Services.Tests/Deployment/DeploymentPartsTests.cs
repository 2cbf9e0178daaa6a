using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Tests.Support;
using InternPlatform.Tokenization;
using Xunit;

namespace InternPlatform.Services.Tests.Deployment;

/// <summary>What a deployment may be served with besides its model: adapters, and a model that guesses ahead.</summary>
public sealed class DeploymentPartsTests(DeploymentHost host) : IClassFixture<DeploymentHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Adapters_answer_under_their_own_ids_on_one_replica()
    {
        var (one, two) = (await AdapterAsync(seed: 1), await AdapterAsync(seed: 2));
        var view = await host.ReadyAsync(await host.DeployAsync("voices", draft: host.ModelArtifact, adapters: [("one", one), ("two", two)]));

        Assert.Equal([("one", one), ("two", two)], view.Adapters.Select(adapter => (adapter.Name, adapter.ArtifactId)));
        Assert.Equal(host.ModelArtifact, view.DraftArtifactId);
        var plain = await host.ReadyAsync(await host.DeployAsync("one-voice"));
        Assert.True(view.PlannedBytes > plain.PlannedBytes, $"{view.PlannedBytes} and {plain.PlannedBytes} bytes");
        Assert.Single(DeploymentHost.Replicas(view.Id));

        var answers = new List<string>();
        foreach (var model in new[] { "voices", "voices:one", "voices:two", $"{view.Id}:two" })
        {
            var answer = await host.ChatAsync(DeploymentHost.Chat("hello", ("model", model), ("temperature", 0)));
            Assert.Equal(model.Replace($"{view.Id}", "voices", StringComparison.Ordinal), answer.GetProperty("model").GetString());
            answers.Add(answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!);
        }

        var alone = await host.ChatAsync(DeploymentHost.Chat("hello", ("model", "one-voice"), ("temperature", 0)));
        Assert.Equal(alone.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString(), answers[0]);
        Assert.Equal(3, answers.Distinct().Count());
        Assert.Equal(answers[2], answers[3]);

        var vectors = new List<string>();
        foreach (var model in new[] { "voices", "voices:one" })
        {
            vectors.Add((await host.AskAsync("v1/embeddings", new JsonObject { ["model"] = model, ["input"] = "hello" })).GetProperty("data")[0].GetProperty("embedding").GetRawText());
        }

        Assert.NotEqual(vectors[0], vectors[1]);
        await DeleteAsync("voices", "one-voice");
    }

    [Fact]
    public async Task Models_lists_each_adapter_with_its_parent_and_knows_no_others()
    {
        await host.ReadyAsync(await host.DeployAsync("choir", adapters: [("alto", await AdapterAsync(seed: 3))]));
        using var list = await host.Client.GetAsync("v1/models", Cancel);
        var cards = JsonElement.Parse(await list.Content.ReadAsStringAsync(Cancel)).GetProperty("data").EnumerateArray().ToList();
        var card = Assert.Single(cards, card => card.GetProperty("id").GetString() == "choir:alto");
        Assert.Equal("choir", card.GetProperty("parent").GetString());
        using var known = await host.Client.GetAsync("v1/models/choir:alto", Cancel);
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        using var unknown = await host.Client.GetAsync("v1/models/choir:bass", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        var (status, error) = await host.RefusalAsync("v1/chat/completions", DeploymentHost.Chat("hello", ("model", "choir:bass")));
        Assert.Equal((HttpStatusCode.NotFound, "model_not_found"), (status, error.GetProperty("code").GetString()));
        await DeleteAsync("choir");
    }

    [Fact]
    public async Task What_is_no_adapter_or_draft_is_refused_by_its_field()
    {
        var adapter = await AdapterAsync(seed: 4);
        var nothing = DeploymentHost.Deployment("wrong", host.ModelArtifact);
        nothing["adapters"] = new JsonArray((JsonNode?)null);
        var missing = new string('0', 64);
        foreach (var (body, field, code) in new[]
        {
            (DeploymentHost.Deployment("wrong", host.ModelArtifact, adapters: [("one", adapter), ("two", host.ModelArtifact)]), "adapters[1].artifactId", "artifact-of-another-kind"),
            (DeploymentHost.Deployment("wrong", host.ModelArtifact, adapters: [("one", missing)]), "adapters[0].artifactId", "artifact-not-found"),
            (DeploymentHost.Deployment("wrong", host.ModelArtifact, adapters: [("one", adapter), ("one", adapter)]), "adapters", "adapters-invalid"),
            (nothing, "adapters", "adapters-invalid"),
            (DeploymentHost.Deployment("wrong", host.ModelArtifact, adapters: [("a/b", adapter)]), "adapters", "adapters-invalid"),
            (DeploymentHost.Deployment("wrong", host.ModelArtifact, draft: adapter), "draftArtifactId", "artifact-of-another-kind"),
            (DeploymentHost.Deployment("wrong", host.ModelArtifact, draft: "x"), "draftArtifactId", "artifact-not-found"),
        })
        {
            using var answer = await host.PostAsync("api/deployment/deployments", body);
            var problem = await answer.Content.ReadAsStringAsync(Cancel);
            Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, problem);
            Assert.EndsWith(code, JsonElement.Parse(problem).GetProperty("type").GetString(), StringComparison.Ordinal);
            Assert.Contains($"\"{field}\"", problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Parts_of_another_model_fail_with_the_reason()
    {
        var wide = await host.PutAsync("adapter", folder => TinyAdapter.Write(folder, TinyModel.Config with { IntermediateSize = 96 }, seed: 5));
        var failed = await host.WhenAsync(await host.DeployAsync("foreign-adapter", adapters: [("wide", wide)]), view => view.State == DeploymentState.Failed);
        Assert.Contains("the adapter belongs to another model", failed.Problem, StringComparison.Ordinal);

        using var tiny = new TinyModel();
        var path = tiny.Write();
        BpeTrainer.Train(["other words, other tokens, other words, other tokens"], new() { VocabularySize = 270 }, null, Cancel).Save(path);
        var other = await host.Store.PutFolderAsync("model", path, new Dictionary<string, string>(), Cancel);
        failed = await host.WhenAsync(await host.DeployAsync("foreign-draft", draft: other), view => view.State == DeploymentState.Failed);
        Assert.Contains("a draft model needs the same tokenizer", failed.Problem, StringComparison.Ordinal);
        await DeleteAsync("foreign-adapter", "foreign-draft");
    }

    private Task<string> AdapterAsync(int seed) => host.PutAsync("adapter", folder => TinyAdapter.Write(folder, TinyModel.Config, seed));

    private async Task DeleteAsync(params string[] names)
    {
        foreach (var name in names)
        {
            using var deleted = await host.Client.DeleteAsync($"api/deployment/deployments/{name}", Cancel);
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        }
    }
}
