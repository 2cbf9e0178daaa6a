using Bunit;
using InternPlatform.Contracts.Identity;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Portal.Components;
using InternPlatform.Portal.Pages;
using Xunit;
using static InternPlatform.Portal.Tests.Samples;

namespace InternPlatform.Portal.Tests;

/// <summary>What single pages do.</summary>
public sealed class PageBehaviour : PortalContext
{
    private const string Jobs = "/jobs";

    [Fact]
    public void Runs_of_one_service_are_shown_while_another_is_away()
    {
        Platform.Answer("api/pretraining" + Jobs, PageOf(Job(JobState.Running)));
        Platform.Unreachable("api/catalog" + Jobs);
        var shown = Show(typeof(Runs));

        Assert.Contains("catalog", shown.WaitForElement("[data-testid=partial]").TextContent, StringComparison.Ordinal);
        Assert.Contains("tour pretrain", shown.Find("[data-testid=runs]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_fail_only_when_no_service_answers()
    {
        Platform.Unreachable("api/pretraining" + Jobs);
        Platform.Unreachable("api/catalog" + Jobs);

        Show(typeof(Runs)).WaitForElement("[data-testid=failure]");
    }

    [Fact]
    public void Runs_without_a_job_say_how_to_begin()
    {
        AnswerJobs();

        Assert.NotNull(Show(typeof(Runs)).WaitForElement("[data-testid=empty]").QuerySelector("pre code"));
    }

    [Fact]
    public void Each_card_of_the_overview_stands_alone()
    {
        AnswerJobs(Job(JobState.Running));
        Platform.Unreachable("api/deployment/deployments");
        Platform.Answer("api/catalog/objects", Objects);
        var shown = Show(typeof(Overview));

        shown.WaitForElement("[data-testid=failure]");
        Assert.Contains("tour pretrain", shown.Find("[data-testid=running-job]").TextContent, StringComparison.Ordinal);
        Assert.Contains("sample", shown.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_started_elsewhere_appears_by_itself()
    {
        AnswerJobs();
        var shown = Show(typeof(Overview));
        shown.WaitForElement("[data-testid=empty]");

        AnswerJobs(Job(JobState.Running));
        Time.Advance(TimeSpan.FromSeconds(2));
        shown.WaitForElement("[data-testid=running-job]");
    }

    [Fact]
    public void Nothing_is_asked_more_often_than_once_a_second()
    {
        Platform.Answer($"api/pretraining/jobs/{JobId}", Job(JobState.Running));
        var shown = Show(typeof(RunPage), [("Service", "pretraining"), ("Id", JobId)]);
        shown.WaitForElement("[data-testid=run-state]");
        var before = Asked();

        for (var tenth = 0; tenth < 30; tenth++)
        {
            Time.Advance(TimeSpan.FromSeconds(0.1));
        }

        Assert.InRange(Asked() - before, 0, 3);

        int Asked() => Platform.Requests.Count(request => request.Path == $"api/pretraining/jobs/{JobId}");
    }

    [Fact]
    public void Cancelling_asks_first_and_sends_one_command()
    {
        Platform.Answer($"api/pretraining/jobs/{JobId}", Job(JobState.Running));
        Platform.Answer($"POST api/pretraining/jobs/{JobId}/cancel", Job(JobState.Cancelling));
        var dialogs = ShowProviders();
        var shown = Show(typeof(RunPage), [("Service", "pretraining"), ("Id", JobId)]);

        shown.WaitForElement("[data-testid=cancel]").Click();
        var confirm = dialogs.WaitForElement("[data-testid=confirm]");
        Assert.DoesNotContain(Platform.Requests, request => request.Method == "POST");

        confirm.Click();
        shown.WaitForAssertion(() => Assert.Single(Platform.Requests, request => request.Method == "POST" && request.Path.EndsWith("/cancel", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(JobState.Running, "pause,cancel")]
    [InlineData(JobState.Paused, "resume,cancel")]
    [InlineData(JobState.Cancelling, "")]
    [InlineData(JobState.Succeeded, "")]
    public void A_run_offers_what_its_state_allows(JobState state, string expected)
    {
        var shown = Render<RunCommands>(parameters => parameters.Add(commands => commands.Job, Job(state)));

        Assert.Equal(expected, string.Join(',', shown.FindAll("button").Select(button => button.GetAttribute("data-testid"))));
    }

    [Fact]
    public void A_failed_run_says_why_and_what_to_do()
    {
        Platform.Answer($"api/pretraining/jobs/{JobId}", Job(JobState.Failed));
        var problem = Show(typeof(RunPage), [("Service", "pretraining"), ("Id", JobId)]).WaitForElement("[data-testid=job-problem]");

        Assert.Contains("The loss is not a number.", problem.TextContent, StringComparison.Ordinal);
        Assert.Contains("Lower the learning rate.", problem.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void The_tour_starts_with_one_click()
    {
        Platform.Answer("api/pipelines/runs", PageOf<PipelineRunView>());
        Platform.Answer("POST api/pipelines/runs", Pipeline(PipelineState.Running));
        var shown = Show(typeof(Tour));

        shown.WaitForElement("[data-testid=tour-start]").Click();
        shown.WaitForAssertion(() => Assert.Contains(Platform.Requests, request => request.Method == "POST" && request.Body.Contains("\"plan\":\"tour\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_failed_tour_goes_on_where_it_failed()
    {
        Platform.Answer("api/pipelines/runs", PageOf(Pipeline(PipelineState.Running) with { State = PipelineState.Failed }));
        Platform.Answer($"POST api/pipelines/runs/{PipelineId}/retry", Pipeline(PipelineState.Running));
        ShowProviders();
        var shown = Show(typeof(Tour));

        shown.WaitForElement("[data-testid=go-on]").Click();
        shown.WaitForAssertion(() => Assert.Single(Platform.Requests, request => request.Method == "POST"));
    }

    [Fact]
    public void The_tours_ticks_are_those_of_the_server()
    {
        Platform.Answer("api/pipelines/runs", PageOf(Pipeline(PipelineState.Running)));
        var shown = Show(typeof(Tour));
        shown.WaitForElement("[data-testid=steps]");
        Assert.Equal(["true", "true", "true", "false", "false", "false"], Ticks());

        Platform.Answer("api/pipelines/runs", PageOf(Pipeline(PipelineState.Succeeded)));
        Time.Advance(TimeSpan.FromSeconds(1));
        shown.WaitForAssertion(() => Assert.All(Ticks(), tick => Assert.Equal("true", tick)));
        Assert.Contains("The answer is 14.", shown.Find("[data-testid=answer]").TextContent, StringComparison.Ordinal);
        Assert.Contains("222.4", shown.Find("[data-testid=results]").TextContent, StringComparison.Ordinal);
        Assert.Equal("/chat?model=tour-model", shown.Find("[data-testid=to-chat]").GetAttribute("href"));

        IEnumerable<string?> Ticks() => shown.FindAll("[role=checkbox]").Select(tick => tick.GetAttribute("aria-checked"));
    }

    [Fact]
    public void A_key_is_shown_once()
    {
        Platform.Answer("api/identity/keys", PageOf(ApiKey));
        Platform.Answer("POST api/identity/keys", new ApiKeyCreated { Key = ApiKey, Secret = "sk-secret-of-the-test" });
        ShowProviders();
        var shown = Show(typeof(Keys));
        shown.WaitForElement("#key-name").Input("notebook");
        shown.Find("[data-testid=create-key]").Click();

        var secret = shown.WaitForElement("[data-testid=new-secret]");
        Assert.Contains("sk-secret-of-the-test", secret.TextContent, StringComparison.Ordinal);
        secret.QuerySelector(".buttons button")!.Click();
        Assert.DoesNotContain("sk-secret-of-the-test", shown.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void An_undelivered_message_says_why_and_is_delivered_again_on_request()
    {
        Platform.Answer("api/catalog/dead-letters", PageOf(DeadLetter));
        Platform.Answer("api/pipelines/dead-letters", PageOf<DeadLetterView>());
        Platform.Answer($"POST api/catalog/dead-letters/{DeadLetter.Id}/replay", new Replayed { Count = 1 });
        Platform.Answer("POST api/catalog/dead-letters/replay", new Replayed { Count = 1 });
        ShowProviders();
        var shown = Show(typeof(Messages));

        Assert.Contains("planted", shown.WaitForElement("[data-testid=messages]").TextContent, StringComparison.Ordinal);
        Assert.Empty(shown.FindAll("[data-testid=partial]"));
        shown.Find("[data-testid=replay]").Click();
        shown.WaitForElement("[data-testid=replay-all]").Click();
        shown.WaitForAssertion(() => Assert.Equal(
            [$"api/catalog/dead-letters/{DeadLetter.Id}/replay", "api/catalog/dead-letters/replay"],
            Platform.Requests.Where(request => request.Method == "POST").Select(request => request.Path)));
    }

    [Fact]
    public void Lines_kept_out_are_counted_and_listed()
    {
        GoTo($"/data/{DatasetId}?tab=versions");
        Platform.Answer($"api/catalog/datasets/{DatasetId}", Dataset);
        var shown = Show(typeof(DatasetPage), [("Id", DatasetId.ToString())]);

        Assert.Contains("kept out: 2", shown.WaitForElement("[data-testid=rejected]").TextContent, StringComparison.Ordinal);
        Assert.Contains("4,211", shown.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_are_a_table_or_dialogue()
    {
        Platform.Answer($"api/catalog/datasets/{DatasetId}", Dataset);
        Platform.Answer($"api/catalog/datasets/{DatasetId}/versions/2/rows", Rows);
        GoTo($"/data/{DatasetId}?tab=rows");
        var table = Show(typeof(DatasetPage), [("Id", DatasetId.ToString())]).WaitForElement("[data-testid=rows]");
        Assert.Equal(["#", "kind", "text", "messages"], table.QuerySelectorAll("thead th").Select(head => head.TextContent));

        GoTo($"/data/{DatasetId}?tab=rows&view=bubbles");
        var bubbles = Show(typeof(DatasetPage), [("Id", DatasetId.ToString())]);
        Assert.Contains("What is 17 minus 3?", bubbles.WaitForElement(".bubble.user .text").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_shows_each_data_set_by_itself()
    {
        var job = Job(JobState.Succeeded);
        var rows = Show(typeof(JobResult), [("Job", job), ("Result", job.Result!.Value)]).FindAll("[data-testid=sources] tbody tr");

        Assert.Equal(2, rows.Count);
        Assert.Equal(["a book", "5,120", "24.7", "68", "299"], rows[0].Children.Select(cell => cell.TextContent));
        Assert.Equal(["only questions", "0", "–", "–", "–"], rows[1].Children.Select(cell => cell.TextContent));
    }

    [Fact]
    public void Lineage_runs_from_source_to_result()
    {
        var layers = LineageLayers.Of(Lineage).Select(layer => string.Join(',', layer.Select(node => node.Kind)));

        Assert.Equal(["dataset", "tokenizer", "shards", "model"], layers);
    }

    private void AnswerJobs(params JobView[] jobs)
    {
        Platform.Answer("api/pretraining" + Jobs, PageOf(jobs));
        Platform.Answer("api/catalog" + Jobs, PageOf<JobView>());
    }
}
