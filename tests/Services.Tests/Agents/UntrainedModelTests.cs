using System.Net.Http.Json;
using InternPlatform.Agents.Tools;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Deployment;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Agents;

/// <summary>A real replica of a random model: its words are noise, and yet its first call fits the schema.</summary>
public sealed class UntrainedModelTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Arguments_fit_the_schema_whatever_the_model_has_learned()
    {
        using var folder = new TemporaryFolder();
        using var tiny = new TinyModel();
        await using var host = await AgentsHost.StartAsync(folder.Path, models: null, [DeploymentService.Definition]);
        var artifact = await host.Store.PutFolderAsync("model", tiny.Write(contextLength: 1024), new Dictionary<string, string>(), Cancel);
        await DeployAsync(host, artifact);
        await host.CreateAsync(new() { Name = "noise", Model = "tiny", MaxSteps = 3 });

        foreach (var question in new[] { "What is 12 plus 34?", "床前明月光", "" + (char)0x2028 })
        {
            var run = await host.EndAsync("noise", question + "?");
            var call = run.Steps.First(step => step.Kind == "tool-call");
            Assert.Null(ArgumentSchema.Check(new Calculator().Parameters, call.ArgumentsJson!, out _));
            Assert.Contains(call.Status, new[] { "ok", "tool-failed" });
            Assert.True(run.State == AgentRunState.Succeeded || run.Problem is not null);
            Assert.NotEqual("urn:intern-platform:agents:arguments-invalid", run.Problem?.Type);
        }
    }

    private static async Task DeployAsync(AgentsHost host, string artifact)
    {
        var client = host.Client("deployment");
        using var answer = await client.PostAsJsonAsync("api/deployment/deployments", new CreateDeployment { Name = "tiny", ModelArtifactId = artifact }, PlatformJson.Options, Cancel);
        answer.EnsureSuccessStatusCode();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while ((await client.GetFromJsonAsync<DeploymentView>("api/deployment/deployments/tiny", PlatformJson.Options, limit.Token))!.State != DeploymentState.Ready)
        {
            await Task.Delay(50, limit.Token);
        }
    }
}
