using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Inference.Engine;
using InternPlatform.Models;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using InternPlatform.Tokenization;
using Xunit;

namespace InternPlatform.Services.Tests.Deployment;

public sealed class QuantizeTests(DeploymentHost host) : IClassFixture<DeploymentHost>
{
    private const int ScoredTokens = 300;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(4, "awq")]
    [InlineData(8, "smooth_quant")]
    public async Task A_model_is_rounded_measured_stored_and_served(int bits, string method)
    {
        var shards = await ShardsAsync();
        var job = await EndedAsync(await StartAsync(Spec(bits, shards)));
        Assert.True(job.State == JobState.Succeeded, job.Problem?.Detail);
        var result = job.Result!.Value.Deserialize<QuantizeResult>(PlatformJson.Options)!;

        Assert.Equal((bits, ScoredTokens), (result.Bits, (int)result.PerplexityTokens));
        Assert.True(result.WeightBytes < result.OriginalWeightBytes);
        Assert.Equal(result.Perplexity!.Value / result.OriginalPerplexity!.Value, result.PerplexityRatio!.Value, 1e-12);
        Assert.InRange(result.PerplexityRatio!.Value, bits == 8 ? 0.99 : 0.8, bits == 8 ? 1.01 : 1.3);
        Assert.Equal(7 * TinyModel.Config.LayerCount, result.Errors.Count);
        Assert.All(result.Errors, error => Assert.InRange(error.RelativeError, 1e-5, bits == 8 ? 0.02 : 0.2));
        var manifest = await host.Store.ReadManifestAsync(result.ModelArtifactId, Cancel);
        Assert.Equal("model", manifest.Kind);
        Assert.Contains(manifest.Files, file => file.Path == "README.md");

        var id = await host.DeployAsync($"few-{bits}", result.ModelArtifactId);
        var view = await host.ReadyAsync(id);
        Assert.Equal((bits, method), (view.WeightBits, view.Quantization));
        var card = await host.Client.GetFromJsonAsync<JsonElement>($"v1/models/few-{bits}", Cancel);
        Assert.Equal((bits, method), (card.GetProperty("weight_bits").GetInt32(), card.GetProperty("quantization").GetString()));
        await host.ChatAsync(DeploymentHost.Chat("hello", ("model", $"few-{bits}")));
        using var deleted = await host.Client.DeleteAsync($"api/deployment/deployments/{id}", Cancel);
    }

    [Fact]
    public async Task The_same_input_gives_the_same_artefact_and_the_perplexity_is_the_engines()
    {
        var shards = await ShardsAsync();
        var first = Result(await EndedAsync(await StartAsync(Spec(4, shards))));
        var second = Result(await EndedAsync(await StartAsync(Spec(4, shards))));
        Assert.Equal(first.ModelArtifactId, second.ModelArtifactId);

        var folder = Directory.CreateTempSubdirectory("intern-served-");
        var path = Path.Join(folder.FullName, "model");
        await host.Store.MaterializeAsync(first.ModelArtifactId, path, Cancel);
        using (var model = ModelFolder.Open(path))
        {
            Assert.Equal(4, model.Config.Quantization!.Bits);
            await using var engine = InferenceEngine.Start(model, new(), TimeProvider.System);
            var samples = Samples();
            var scored = 0;
            var (loss, at) = (0.0, 0);
            while (scored < ScoredTokens)
            {
                var sample = samples[at++];
                var echo = engine.Submit(new() { Prompt = Array.ConvertAll(sample, Math.Abs), CacheSalt = "t", MaxNewTokens = 0, PromptLogProbs = true });
                await echo.Tokens.Completion.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
                for (var i = 1; i < sample.Length && scored < ScoredTokens; i++)
                {
                    if (sample[i] > 0)
                    {
                        (loss, scored) = (loss - echo.PromptTokens[i].LogProb, scored + 1);
                    }
                }
            }

            Assert.Equal(Math.Exp(loss / scored), first.Perplexity!.Value, 1e-9);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Without_shards_nothing_is_measured()
    {
        var result = Result(await EndedAsync(await StartAsync(Spec(8, shards: null))));
        Assert.Equal((null, null, null, 0L), (result.Perplexity, result.OriginalPerplexity, result.PerplexityRatio, result.PerplexityTokens));
    }

    [Theory]
    [InlineData("bits", "5")]
    [InlineData("groupSize", "12")]
    [InlineData("modelArtifactId", "\"abc\"")]
    [InlineData("shardsArtifactId", "\"abc\"")]
    [InlineData("name", "\" \"")]
    [InlineData("perplexityTokens", "0")]
    public async Task What_no_model_could_make_good_is_refused_when_posted(string field, string value)
    {
        var spec = JsonSerializer.SerializeToNode(Spec(4, shards: null), PlatformJson.Options)!;
        spec[field] = JsonNode.Parse(value);
        using var answer = await host.PostAsync("api/deployment/jobs", new JsonObject { ["kind"] = "quantize", ["name"] = "q", ["spec"] = spec });
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal("urn:intern-platform:deployment:spec-invalid", problem.GetProperty("type").GetString());
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _));
    }

    [Fact]
    public async Task Every_other_bad_input_fails_with_what_to_do()
    {
        var shards = await ShardsAsync();
        var rounded = Result(await EndedAsync(await StartAsync(Spec(8, shards: null)))).ModelArtifactId;

        Assert.Equal("already-quantized", await ProblemAsync(Spec(4, shards: null) with { ModelArtifactId = rounded }));
        Assert.Equal("quantization-impossible", await ProblemAsync(Spec(4, shards: null) with { GroupSize = 64 }));
        Assert.Equal("input-unusable", await ProblemAsync(Spec(4, shards: null) with { ModelArtifactId = shards }));
        Assert.Equal("input-unusable", await ProblemAsync(Spec(4, shards: new string('0', 64))));
        Assert.Equal("vocabulary-differs", await ProblemAsync(Spec(4, await ShardsAsync([[1, 5, 9_999]]))));
        Assert.Equal("vocabulary-differs", await ProblemAsync(Spec(4, await ShardsAsync(Samples(), BpeTrainer.Train(["another text", "altogether"], new() { VocabularySize = 300 }, null, Cancel)))));
        Assert.Equal("validation-empty", await ProblemAsync(Spec(4, await ShardsAsync([[1, -5, -6]]))));
    }

    private static List<int[]> Samples()
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, 30).Select(i => Enumerable.Range(0, 10 + i).Select(k => random.Next(3, 300) * (k % 5 == 4 ? -1 : 1)).ToArray())];
    }

    private static QuantizeResult Result(JobView job)
    {
        Assert.True(job.State == JobState.Succeeded, $"{job.Problem?.Type} {job.Problem?.Detail}");
        return job.Result!.Value.Deserialize<QuantizeResult>(PlatformJson.Options)!;
    }

    private QuantizeSpec Spec(int bits, string? shards) => new()
    {
        Name = $"tiny-int{bits}",
        ModelArtifactId = host.ModelArtifact,
        Bits = bits,
        GroupSize = 16,
        ShardsArtifactId = shards,
        PerplexityTokens = ScoredTokens,
    };

    private Task<string> ShardsAsync() => ShardsAsync(Samples());

    private async Task<string> ShardsAsync(IReadOnlyList<int[]> samples, Tokenizer? tokenizer = null)
    {
        using var folder = new TemporaryFolder();
        var facts = new Dictionary<string, string>();
        var (data, tokens) = (Path.Join(folder.Path, "data"), Path.Join(folder.Path, "tokenizer"));
        Directory.CreateDirectory(tokens);
        (tokenizer ?? TinyModel.Tokenizer).Save(tokens);
        facts["tokenizer"] = await host.Store.PutFolderAsync("tokenizer", tokens, new Dictionary<string, string>(), Cancel);
        Directory.CreateDirectory(Path.Join(data, "valid", "en", "a"));
        using (var writer = new TokenShardWriter(Path.Join(data, "valid", "en", "a", "valid.bin")))
        {
            foreach (var sample in samples)
            {
                writer.Add(sample);
            }

            writer.Complete();
        }

        return await host.Store.PutFolderAsync("shards", data, facts, Cancel);
    }

    private async Task<string> ProblemAsync(QuantizeSpec spec)
    {
        var job = await EndedAsync(await StartAsync(spec));
        Assert.Equal(JobState.Failed, job.State);
        Assert.True(job.Problem!.Detail!.Length > 20);
        return job.Problem.Type.Split(':')[^1];
    }

    private async Task<Guid> StartAsync(QuantizeSpec spec)
    {
        using var answer = await host.PostAsync("api/deployment/jobs", new JsonObject { ["kind"] = "quantize", ["name"] = spec.Name, ["spec"] = JsonSerializer.SerializeToNode(spec, PlatformJson.Options) });
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Cancel));
        return (await answer.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel))!.Id;
    }

    private async Task<JobView> EndedAsync(Guid id)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            var job = (await host.Client.GetFromJsonAsync<JobView>($"api/deployment/jobs/{id}", PlatformJson.Options, limit.Token))!;
            if (job.State is JobState.Succeeded or JobState.Failed or JobState.Cancelled)
            {
                return job;
            }

            await Task.Delay(50, limit.Token);
        }
    }
}
