using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pretraining;
using InternPlatform.Models;
using InternPlatform.Pretraining.Recipes;
using InternPlatform.ServiceDefaults;
using Xunit;

namespace InternPlatform.Services.Tests.Pretraining;

/// <summary>A micro model through the real supervisor and its children.</summary>
public sealed class PretrainJobTests(PretrainingProcess pretraining) : IClassFixture<PretrainingProcess>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_trains_a_model_and_stores_it_with_its_card()
    {
        var job = await pretraining.StartAsync(pretraining.Spec(steps: 40));
        var result = await pretraining.ResultAsync(job.Id);

        Assert.Equal((40, 40 * 128), (result.Steps, result.Tokens));
        Assert.True(result.ValidationPerplexity < result.UnigramPerplexity, $"{result.ValidationPerplexity} of {result.UnigramPerplexity}");
        var folder = Path.Combine(pretraining.Scratch, $"model-{job.Id}");
        await pretraining.Store.MaterializeAsync(result.ModelArtifactId, folder, Cancel);
        using var model = ModelFolder.Open(folder);
        Assert.Equal((32, 1, result.Parameters), (model.Config.HiddenSize, model.Config.LayerCount, model.Config.ParameterCount()));
        Assert.Equal(["Bells | 钟", "valid/en/other/valid.bin"], result.Sources.Select(source => source.Name));
        Assert.Equal(
            result.ValidationLoss, result.Sources.Sum(source => source.ScoredTokens * Math.Log(source.Perplexity!.Value)) / result.Sources.Sum(source => source.ScoredTokens), 1e-9);
        Assert.Contains("# micro", await File.ReadAllTextAsync(Path.Combine(folder, "README.md"), Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_step_is_a_point_of_each_series_and_tokens_are_the_progress()
    {
        var job = await pretraining.StartAsync(pretraining.Spec(steps: 20));
        var ended = await pretraining.WhenAsync(job.Id, found => found.State == JobState.Succeeded);

        using var client = pretraining.Client();
        var series = await client.GetFromJsonAsync<List<MetricSeries>>(
            $"api/pretraining/jobs/{job.Id}/metrics?names=loss,learning_rate,gradient_norm,tokens_per_second,validation_loss", PlatformJson.Options, Cancel);
        var points = series!.ToDictionary(one => one.Name, one => one.TotalPoints);
        Assert.All(["loss", "learning_rate", "gradient_norm", "tokens_per_second"], name => Assert.Equal(20, points[name]));
        Assert.Equal(2, points["validation_loss"]);
        Assert.Equal((20 * 128L, 20 * 128L, "tokens"), (ended.Progress!.Done, ended.Progress.Total, ended.Progress.Unit));
    }

    [Fact]
    public async Task A_training_that_is_killed_three_times_ends_with_the_bits_of_an_undisturbed_one()
    {
        var spec = pretraining.Spec(steps: 600);
        var undisturbed = await pretraining.ResultAsync((await pretraining.StartAsync(spec)).Id);

        var job = await pretraining.StartAsync(spec);
        foreach (var step in (int[])[60, 200, 350])
        {
            await pretraining.WhenAsync(job.Id, found => found.Progress?.Done >= step * 128);
            pretraining.KillChild();
        }

        var killed = await pretraining.ResultAsync(job.Id);
        Assert.Equal(4, (await pretraining.JobAsync(job.Id)).Attempt);
        Assert.Equal(undisturbed.WeightsSha256, killed.WeightsSha256);
        Assert.Equal(undisturbed.LossLogSha256, killed.LossLogSha256);
        Assert.Equal(undisturbed.ValidationLoss, killed.ValidationLoss);
    }

    [Fact]
    public async Task A_paused_training_goes_on_and_ends_with_the_same_bits()
    {
        var spec = pretraining.Spec(steps: 300) with { Seed = 7 };
        var undisturbed = await pretraining.ResultAsync((await pretraining.StartAsync(spec)).Id);

        var job = await pretraining.StartAsync(spec);
        await pretraining.WhenAsync(job.Id, found => found.Progress?.Done >= 50 * 128);
        using var client = pretraining.Client();
        using var pause = await client.PostAsync($"api/pretraining/jobs/{job.Id}/pause", null, Cancel);
        Assert.True(pause.IsSuccessStatusCode, await pause.Content.ReadAsStringAsync(Cancel));
        await pretraining.WhenAsync(job.Id, found => found.State == JobState.Paused);
        using var resume = await client.PostAsync($"api/pretraining/jobs/{job.Id}/resume", null, Cancel);
        Assert.True(resume.IsSuccessStatusCode, await resume.Content.ReadAsStringAsync(Cancel));

        Assert.Equal(undisturbed.WeightsSha256, (await pretraining.ResultAsync(job.Id)).WeightsSha256);
    }

    [Fact]
    public async Task Nonsense_is_refused_when_it_is_posted_with_every_field_named()
    {
        var spec = pretraining.Spec(steps: 1) with
        {
            TokenBudget = 0,
            SequenceLength = 1_000_000,
            Schedule = "sawtooth",
            ShardsArtifactId = "../../etc",
            Model = new ModelShape { HiddenSize = 30, HeadCount = 4, KvHeadCount = 3 },
        };
        using var answer = await pretraining.PostAsync(spec);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal("urn:intern-platform:pretraining:spec-invalid", problem.GetProperty("type").GetString());
        Assert.Equal(
            ["model.headCount", "model.kvHeadCount", "schedule", "sequenceLength", "shardsArtifactId", "tokenBudget"],
            problem.GetProperty("errors").EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_input_of_the_wrong_kind_fails_with_what_to_do()
    {
        using var answer = await pretraining.PostAsync(pretraining.Spec(steps: 1) with { ShardsArtifactId = pretraining.TokenizerArtifact });
        var job = await answer.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel);

        JobView found;
        do
        {
            found = await pretraining.JobAsync(job!.Id);
            await Task.Delay(50, Cancel);
        }
        while (found.State is not (JobState.Failed or JobState.Succeeded));
        Assert.Equal("urn:intern-platform:pretraining:input-unusable", found.Problem?.Type);
        Assert.Contains("kind 'tokenizer'", found.Problem!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_recipe_of_the_tour_is_listed()
    {
        using var client = pretraining.Client();
        var recipes = await client.GetFromJsonAsync<Dictionary<string, PretrainSpec>>("api/pretraining/recipes", PlatformJson.Options, Cancel);
        Assert.Equal(TourRecipe.For("tour", "", ""), recipes!["tour"]);
    }
}
