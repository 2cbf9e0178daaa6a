using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Contracts.Pretraining;
using InternPlatform.Pipelines.Plans;
using InternPlatform.Pretraining.Recipes;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Pipelines;

public sealed class TourRunTests : IAsyncLifetime
{
    private readonly string data = Directory.CreateTempSubdirectory("pipelines-").FullName;
    private DownstreamServices downstream = null!;
    private PipelinesHost pipelines = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        downstream = await DownstreamServices.StartAsync();
        pipelines = await PipelinesHost.StartAsync(data, downstream);
    }

    public async ValueTask DisposeAsync()
    {
        await pipelines.DisposeAsync();
        await downstream.DisposeAsync();
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task The_tour_goes_from_the_sample_to_an_agent()
    {
        var run = await pipelines.EndAsync((await pipelines.StartTourAsync()).Id);

        Assert.True(run.State == PipelineState.Succeeded, run.Describe());
        Assert.Equal(
            [
                "import-sample", "clean-sample", "tokenizer", "tokenize", "pretrain", "gate-learned", "import-questions", "deploy-base", "evaluate-base", "import-tuning", "finetune",
                "deploy-tuned", "evaluate-tuned", "compare", "gate-tuned", "quantize", "gate-quantized", "deploy-int4", "evaluate-int4", "agent", "agent-run", "gate-agent",
            ],
            run.Steps.Select(step => step.Name));
        Assert.All(run.Steps, step => Assert.Equal(StepState.Succeeded, step.State));
        Assert.Equal(
            ["import", "clean", "tokenizer", "tokenize", "pretrain", "import", "deployment", "evaluate", "import", "sft", "deployment", "evaluate", "quantize", "deployment", "evaluate", "agent", "agent-run"],
            downstream.Started);
        Assert.Equal(("2.01", "9.10", "0.600", "0.970", "1.0100", "ok"), (run.Results["val_ppl"], run.Results["bigram_ppl"], run.Results["tuned_acc"], run.Results["tool_exact"], run.Results["int4_ppl_ratio"], run.Results["agent"]));
        Assert.False(run.Results.ContainsKey("text_ppl"));
        Assert.Contains("val_ppl=2.01", run.Steps[4].Summary, StringComparison.Ordinal);
        Assert.NotNull(run.EndedAt);
    }

    [Fact]
    public void The_agents_question_is_about_numbers_that_no_training_text_holds()
    {
        int[] numbers = [4821, 3492, int.Parse(Tour.RightAnswer, System.Globalization.CultureInfo.InvariantCulture)];

        Assert.Equal(numbers[2], numbers[0] + numbers[1]);
        Assert.Contains($"{numbers[0]} plus {numbers[1]}", Tour.Question, StringComparison.Ordinal);
        Assert.All(numbers, number => Assert.True(InternPlatform.Catalog.Sample.Numbers.IsWithheld(number), $"{number}"));
    }

    [Fact]
    public async Task The_tour_trains_by_its_recipe()
    {
        await pipelines.EndAsync((await pipelines.StartTourAsync()).Id);

        var pretrain = downstream.Bodies["pretrain"].Deserialize<PretrainSpec>(PlatformJson.Options);
        Assert.Equal(TourRecipe.For("tour-base", "shards", "tokenizer"), pretrain);
    }

    [Fact]
    public async Task A_text_of_the_user_goes_into_tokenizer_and_shards_beside_the_sample()
    {
        var upload = Guid.CreateVersion7();
        var run = await pipelines.EndAsync((await pipelines.StartTourAsync(new StartPipeline { Plan = "tour", UploadId = upload, TokenBudget = 5000, Seed = 3 })).Id);

        Assert.Equal(PipelineState.Succeeded, run.State);
        Assert.Equal(["import-sample", "clean-sample", "import-text", "clean-text", "tokenizer"], run.Steps.Take(5).Select(step => step.Name));
        Assert.Equal(2, downstream.Bodies["tokenizer"].Deserialize<TrainTokenizer>(PlatformJson.Options)!.DatasetArtifactIds.Distinct().Count());
        Assert.Equal(2, downstream.Bodies["tokenize"].Deserialize<TokenizeDatasets>(PlatformJson.Options)!.DatasetArtifactIds.Distinct().Count());
        var pretrain = downstream.Bodies["pretrain"].Deserialize<PretrainSpec>(PlatformJson.Options)!;
        Assert.Equal((5000, 3, "shards", "tokenizer"), (pretrain.TokenBudget, pretrain.Seed, pretrain.ShardsArtifactId, pretrain.TokenizerArtifactId));
        Assert.Equal(("24.70", "68.00"), (run.Results["text_ppl"], run.Results["text_bigram_ppl"]));
        Assert.Contains("tour-text-clean=24.70/68.00", run.Steps.Single(step => step.Name == "pretrain").Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_step_stops_the_plan_and_a_retry_goes_on_from_it()
    {
        downstream.FailingKind = "tokenize";
        var started = await pipelines.StartTourAsync();
        var failed = await pipelines.EndAsync(started.Id);

        Assert.Equal(PipelineState.Failed, failed.State);
        Assert.Equal(("It broke.", "Mend it."), (failed.Steps[3].Problem!.Title, failed.Steps[3].Problem!.Detail));
        Assert.Equal(StepState.Waiting, failed.Steps[4].State);

        downstream.FailingKind = null;
        using var retry = await pipelines.Client().PostAsync($"api/pipelines/runs/{started.Id}/retry", null, Cancel);
        Assert.Equal(HttpStatusCode.Accepted, retry.StatusCode);
        var run = await pipelines.EndAsync(started.Id);

        Assert.Equal(PipelineState.Succeeded, run.State);
        Assert.Equal(["import", "clean", "tokenizer", "tokenize", "tokenize", "pretrain"], downstream.Started.Take(6));
    }

    [Fact]
    public async Task A_failed_deployment_is_removed_before_the_next_try_takes_its_name()
    {
        downstream.FailingKind = "deployment";
        var started = await pipelines.StartTourAsync();
        var failed = await pipelines.EndAsync(started.Id);
        Assert.Equal("No memory.", failed.Steps[7].Problem!.Detail);

        downstream.FailingKind = null;
        using var retry = await pipelines.Client().PostAsync($"api/pipelines/runs/{started.Id}/retry", null, Cancel);
        Assert.Equal(PipelineState.Succeeded, (await pipelines.EndAsync(started.Id)).State);
    }

    [Fact]
    public async Task A_cancelled_deployment_is_taken_down()
    {
        downstream.EndlessKind = "deployment";
        var started = await pipelines.StartTourAsync();
        await pipelines.WhenAsync(started.Id, run => run.Steps[7].JobId is not null);

        using var cancel = await pipelines.Client().PostAsync($"api/pipelines/runs/{started.Id}/cancel", null, Cancel);
        Assert.Equal(PipelineState.Cancelled, (await pipelines.EndAsync(started.Id)).State);
        Assert.Null(downstream.StateOf("deployment"));
    }

    [Fact]
    public async Task Cancelling_a_run_cancels_its_job()
    {
        downstream.EndlessKind = "pretrain";
        var started = await pipelines.StartTourAsync();
        await pipelines.WhenAsync(started.Id, run => run.Steps[4].JobId is not null);

        using var cancel = await pipelines.Client().PostAsync($"api/pipelines/runs/{started.Id}/cancel", null, Cancel);
        Assert.Equal(HttpStatusCode.Accepted, cancel.StatusCode);
        var run = await pipelines.EndAsync(started.Id);

        Assert.Equal(PipelineState.Cancelled, run.State);
        Assert.Equal(JobState.Cancelled, downstream.StateOf("pretrain"));
        Assert.Equal(StepState.Cancelled, run.Steps[4].State);
        using var again = await pipelines.Client().PostAsync($"api/pipelines/runs/{started.Id}/cancel", null, Cancel);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
    }

    [Fact]
    public async Task A_service_that_is_away_is_waited_for_and_named()
    {
        downstream.Away = true;
        var started = await pipelines.StartTourAsync();
        var waiting = await pipelines.WhenAsync(started.Id, run => run.Steps[0].Problem is not null);
        Assert.Equal(StepState.Running, waiting.Steps[0].State);
        Assert.Contains("catalog", waiting.Steps[0].Problem!.Title, StringComparison.Ordinal);

        downstream.Away = false;
        var run = await pipelines.EndAsync(started.Id);
        Assert.Equal(PipelineState.Succeeded, run.State);
        Assert.All(run.Steps, step => Assert.Null(step.Problem));
    }

    [Fact]
    public async Task A_service_that_stays_away_fails_the_step()
    {
        await pipelines.DisposeAsync();
        pipelines = await PipelinesHost.StartAsync(data, downstream, patience: "00:00:00.300");
        downstream.Away = true;

        var run = await pipelines.EndAsync((await pipelines.StartTourAsync()).Id);

        Assert.Equal(PipelineState.Failed, run.State);
        Assert.EndsWith(":service-away", run.Steps[0].Problem!.Type, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_second_tour_has_a_name_of_its_own()
    {
        var first = await pipelines.StartTourAsync();
        var second = await pipelines.StartTourAsync();

        Assert.Equal(("tour", "tour-2"), (first.Name, second.Name));
        var byName = await pipelines.Client().GetFromJsonAsync<PipelineRunView>("api/pipelines/runs/tour-2", PlatformJson.Options, Cancel);
        Assert.Equal(second.Id, byName!.Id);
    }

    [Fact]
    public async Task Runs_of_another_project_are_not_found()
    {
        var run = await pipelines.StartTourAsync();
        var stranger = pipelines.Client(Guid.CreateVersion7());

        using var answer = await stranger.GetAsync($"api/pipelines/runs/{run.Id}", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Empty((await stranger.GetFromJsonAsync<Page<PipelineRunView>>("api/pipelines/runs", PlatformJson.Options, Cancel))!.Items);
    }

    [Fact]
    public async Task Lists_come_in_pages_newest_first()
    {
        var names = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            names.Insert(0, (await pipelines.StartTourAsync()).Name);
        }

        var first = (await pipelines.Client().GetFromJsonAsync<Page<PipelineRunView>>("api/pipelines/runs?limit=2", PlatformJson.Options, Cancel))!;
        var second = (await pipelines.Client().GetFromJsonAsync<Page<PipelineRunView>>($"api/pipelines/runs?limit=2&cursor={first.NextCursor}", PlatformJson.Options, Cancel))!;
        Assert.Equal(names, first.Items.Concat(second.Items).Select(run => run.Name));
        Assert.Null(second.NextCursor);
    }

    [Theory]
    [InlineData("""{"plan":"tours"}""", "plan-unknown")]
    [InlineData("""{"plan":"tour","tokenBudget":0}""", "budget-invalid")]
    public async Task Nonsense_is_refused_by_name(string body, string problem)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await pipelines.Client().PostAsync("api/pipelines/runs", content, Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var told = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal($"urn:intern-platform:pipelines:{problem}", told.GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_repeat_under_the_same_key_starts_nothing_new()
    {
        using var client = pipelines.Client();
        client.DefaultRequestHeaders.Add("Idempotency-Key", "k1");
        var ids = new HashSet<Guid>();
        for (var i = 0; i < 2; i++)
        {
            using var answer = await client.PostAsJsonAsync("api/pipelines/runs", new StartPipeline { Plan = "tour" }, PlatformJson.Options, Cancel);
            ids.Add((await answer.Content.ReadFromJsonAsync<PipelineRunView>(PlatformJson.Options, Cancel))!.Id);
        }

        Assert.Single(ids);
    }

    [Fact]
    public async Task Events_show_every_state_until_the_end_and_go_on_after_the_last_one_seen()
    {
        var started = await pipelines.StartTourAsync();
        var (last, lastId) = await ReadUntilEndAsync(started.Id, lastEventId: null);
        Assert.Equal(PipelineState.Succeeded, last.State);

        var (again, _) = await ReadUntilEndAsync(started.Id, lastEventId: $"{long.Parse(lastId, System.Globalization.CultureInfo.InvariantCulture) - 1}");
        Assert.Equal(PipelineState.Succeeded, again.State);
    }

    private async Task<(PipelineRunView Run, string Id)> ReadUntilEndAsync(Guid id, string? lastEventId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/pipelines/runs/{id}/events");
        request.Headers.Add("Last-Event-ID", lastEventId is null ? [] : [lastEventId]);
        using var response = await pipelines.Client().SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(Cancel);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(Cancel))
        {
            var run = JsonSerializer.Deserialize<PipelineRunView>(item.Data, PlatformJson.Options)!;
            if (run.State != PipelineState.Running)
            {
                return (run, item.EventId!);
            }
        }

        throw new InvalidOperationException("The stream ended before the run.");
    }
}
