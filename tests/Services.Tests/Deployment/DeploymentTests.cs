using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Artifacts;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Deployment;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Services.Tests.Deployment;

public sealed class DeploymentTests(DeploymentHost host) : IClassFixture<DeploymentHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deployment_becomes_ready_is_listed_answers_and_is_gone_when_deleted()
    {
        var id = await host.DeployAsync("short-lived");
        var ready = await host.ReadyAsync(id);
        Assert.Equal((DeploymentHost.ContextLength, 0), (ready.ContextLength, ready.Restarts));
        Assert.True(ready is { Parameters: > 30_000, PlannedBytes: > 100_000 });
        Assert.Single(DeploymentHost.Replicas(id));
        var page = await host.Client.GetFromJsonAsync<Page<DeploymentView>>("api/deployment/deployments?limit=1", PlatformJson.Options, Cancel);
        Assert.Equal("short-lived", Assert.Single(page!.Items).Name);
        Assert.NotNull(page.NextCursor);

        var card = await host.Client.GetFromJsonAsync<JsonElement>("v1/models/short-lived", Cancel);
        Assert.Equal(("model", DeploymentHost.ContextLength, "internlm2"), (card.GetProperty("object").GetString(), card.GetProperty("context_length").GetInt32(), card.GetProperty("template").GetString()));
        Assert.Contains("logprobs", card.GetProperty("capabilities").EnumerateArray().Select(name => name.GetString()));

        using var deleted = await host.Client.DeleteAsync("api/deployment/deployments/short-lived", Cancel);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Empty(DeploymentHost.Replicas(id));
        var (status, error) = await host.RefusalAsync("v1/chat/completions", DeploymentHost.Chat("hello", ("model", "short-lived")));
        Assert.Equal((HttpStatusCode.NotFound, "model_not_found", "model"), (status, error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
    }

    [Fact]
    public async Task A_name_is_given_once_and_a_repeat_with_the_same_key_gets_the_first_answer()
    {
        using (var taken = await host.PostAsync("api/deployment/deployments", new JsonObject { ["name"] = DeploymentHost.Model, ["modelArtifactId"] = host.ModelArtifact }))
        {
            Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
        }

        var ids = new List<Guid>();
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "api/deployment/deployments") { Content = JsonContent.Create(new { name = "once", modelArtifactId = host.ModelArtifact }) };
            request.Headers.Add(IdempotencyKeys.Header, "key-1");
            using var answer = await host.Client.SendAsync(request, Cancel);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            ids.Add((await answer.Content.ReadFromJsonAsync<DeploymentView>(PlatformJson.Options, Cancel))!.Id);
        }

        Assert.Equal(ids[0], ids[1]);
        using var deleted = await host.Client.DeleteAsync("api/deployment/deployments/once", Cancel);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    [Theory]
    [InlineData("0198f2a0-0000-7000-8000-000000000000", null)]
    [InlineData("a b", null)]
    [InlineData("fine", "not-a-digest")]
    [InlineData("fine", "0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task What_cannot_be_deployed_is_refused(string name, string? artifact)
    {
        using var answer = await host.PostAsync("api/deployment/deployments", new JsonObject { ["name"] = name, ["modelArtifactId"] = artifact ?? host.ModelArtifact });
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Keys_and_values_in_8_bits_take_less_memory_and_answer()
    {
        var wide = await host.ReadyAsync(await host.DeployAsync("wide-cache"));
        var few = await host.ReadyAsync(await host.DeployAsync("few-bits", cacheBits: 8));

        Assert.Equal((32, 8), (wide.CacheBits, few.CacheBits));
        Assert.True(few.PlannedBytes < wide.PlannedBytes, $"{few.PlannedBytes} and {wide.PlannedBytes} bytes");
        var answer = await host.AskAsync("v1/chat/completions", DeploymentHost.Chat("hello", ("model", "few-bits")));
        Assert.InRange(answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32(), 1, 12);
        foreach (var name in new[] { "wide-cache", "few-bits" })
        {
            using var deleted = await host.Client.DeleteAsync($"api/deployment/deployments/{name}", Cancel);
        }
    }

    [Fact]
    public async Task A_cache_that_the_model_cannot_have_is_refused_or_fails_with_the_reason()
    {
        using var answer = await host.PostAsync("api/deployment/deployments", new JsonObject { ["name"] = "five", ["modelArtifactId"] = host.ModelArtifact, ["cacheBits"] = 5 });
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Use 32, 16, 8 or 4. 5 was given.", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        var failed = await host.WhenAsync(await host.DeployAsync("narrow-heads", cacheBits: 4), view => view.State == DeploymentState.Failed);
        Assert.Contains("heads of a multiple of 32 dimensions", failed.Problem, StringComparison.Ordinal);
        using var deleted = await host.Client.DeleteAsync("api/deployment/deployments/narrow-heads", Cancel);
    }

    [Fact]
    public async Task A_damaged_model_fails_with_the_reason_and_is_not_tried_again()
    {
        var folder = Directory.CreateTempSubdirectory("intern-broken-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "config.json"), """{"model_type": "mystery"}""", Cancel);
        var artifact = await host.Store.PutFolderAsync("model", folder.FullName, new Dictionary<string, string>(), Cancel);
        folder.Delete(recursive: true);

        var id = await host.DeployAsync("broken", artifact);
        var failed = await host.WhenAsync(id, view => view.State == DeploymentState.Failed);

        Assert.Equal(0, failed.Restarts);
        Assert.Contains("config.json", failed.Problem, StringComparison.Ordinal);
        var (status, error) = await host.RefusalAsync("v1/chat/completions", DeploymentHost.Chat("hello", ("model", "broken")));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "model_not_ready"), (status, error.GetProperty("code").GetString()));
        using var deleted = await host.Client.DeleteAsync("api/deployment/deployments/broken", Cancel);
    }

    [Fact]
    public async Task A_killed_replica_ends_its_streams_with_an_error_and_comes_back()
    {
        var id = await host.DeployAsync("mortal");
        await host.ReadyAsync(id);
        var body = DeploymentHost.Chat("hello", ("model", "mortal"), ("stream", true), ("n", 8), ("max_tokens", 140), ("ignore_eos", true), ("logprobs", true), ("top_logprobs", 20));
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = JsonContent.Create(body) };
        using var answer = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var stream = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        await stream.ReadLineAsync(Cancel);

        using (var process = Process.GetProcessById(DeploymentHost.Replicas(id).Single()))
        {
            process.Kill();
        }

        var rest = await stream.ReadToEndAsync(Cancel);
        Assert.EndsWith("data: [DONE]\n\n", rest, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"replica_lost\"", rest, StringComparison.Ordinal);
        var back = await host.WhenAsync(id, view => view is { State: DeploymentState.Ready, Restarts: 1 });
        Assert.Null(back.Problem);
        await host.ChatAsync(DeploymentHost.Chat("again", ("model", "mortal")));
        using var deleted = await host.Client.DeleteAsync($"api/deployment/deployments/{id}", Cancel);
    }

    [Fact]
    public async Task Another_project_sees_nothing()
    {
        var other = host.ClientOf(DeploymentHost.OtherProject);
        Assert.Empty((await other.GetFromJsonAsync<Page<DeploymentView>>("api/deployment/deployments", PlatformJson.Options, Cancel))!.Items);
        Assert.Equal(0, (await other.GetFromJsonAsync<JsonElement>("v1/models", Cancel)).GetProperty("data").GetArrayLength());
        var (status, error) = await host.RefusalAsync("v1/chat/completions", DeploymentHost.Chat("hello"), DeploymentHost.OtherProject);
        Assert.Equal((HttpStatusCode.NotFound, "model_not_found"), (status, error.GetProperty("code").GetString()));
        using var deleted = await other.DeleteAsync($"api/deployment/deployments/{DeploymentHost.Model}", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, deleted.StatusCode);
    }

    [Fact]
    public void Migrations_do_not_lag_behind_the_model()
    {
        using var sqlite = ServiceDatabase.ForDesign<DeploymentSqliteDb>();
        using var postgres = ServiceDatabase.ForDesign<DeploymentPostgresDb>();
        Assert.False(sqlite.Database.HasPendingModelChanges());
        Assert.False(postgres.Database.HasPendingModelChanges());
    }
}
