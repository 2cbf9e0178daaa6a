using Bunit;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Portal.Pages;
using Xunit;
using static InternPlatform.Portal.Tests.Samples;

namespace InternPlatform.Portal.Tests;

/// <summary>What the pages of evaluation do.</summary>
public sealed class EvalBehaviour : PortalContext
{
    [Fact]
    public void A_dimension_without_a_value_is_left_out_of_the_radar_and_named_and_never_a_zero()
    {
        Platform.Answer("api/evaluation/leaderboard", EvalSamples.Board);
        var shown = ShowBoard();
        Assert.Contains("Safety (InternLM-20B)", shown.Find("[data-testid=left-out]").TextContent, StringComparison.Ordinal);

        var published = shown.FindAll("[data-testid=eval-row]").Single(row => row.TextContent.Contains("InternLM-20B", StringComparison.Ordinal));
        Assert.Contains("59.3", published.TextContent, StringComparison.Ordinal);
        Assert.Equal("—", published.QuerySelectorAll("td")[^2].TextContent.Trim());
    }

    [Fact]
    public void A_heading_sorts_and_what_was_not_measured_comes_last()
    {
        Platform.Answer("api/evaluation/leaderboard", EvalSamples.Board);
        var shown = ShowBoard();
        shown.Find("[data-testid=sort-understanding]").Click();
        Assert.Equal(["InternLM-20B", "tuned-model", "base-model"], Models(shown));
        Assert.Equal("descending", shown.FindAll("th[aria-sort]").Single().GetAttribute("aria-sort"));
        shown.Find("[data-testid=sort-safety]").Click();
        Assert.Equal("InternLM-20B", Models(shown)[^1]);
        shown.Find("[data-testid=sort-safety]").Click();
        Assert.Equal(["base-model", "tuned-model", "InternLM-20B"], Models(shown));
    }

    [Fact]
    public void Picked_models_are_compared_with_paired_differences()
    {
        Platform.Answer("api/evaluation/leaderboard", EvalSamples.MeasuredOnly);
        Platform.Answer("api/evaluation/compare", EvalSamples.Comparison);
        var shown = ShowBoard();
        var table = shown.WaitForElement("[data-testid=differences]");
        Assert.Contains("+48.0", table.TextContent, StringComparison.Ordinal);
        Assert.Contains("[40.0, 56.0]", table.TextContent, StringComparison.Ordinal);
        Assert.Single(table.QuerySelectorAll(".good"));
        Assert.Contains(Platform.Requests, request => request.Path == $"api/evaluation/compare?base={EvalSamples.BaseJob}&other={EvalSamples.TunedJob}");

        shown.FindAll("input[type=checkbox]")[0].Change(false);
        Assert.Empty(shown.FindAll("[data-testid=comparison]"));
    }

    [Fact]
    public void The_published_table_is_asked_for_and_exported_with_the_rest()
    {
        Platform.Answer("api/evaluation/leaderboard", EvalSamples.Board);
        GoTo("/eval?published=true");
        var shown = ShowBoard();
        Assert.Contains(Platform.Requests, request => request.Path == "api/evaluation/leaderboard?published=true");
        Assert.Contains("/api/evaluation/leaderboard?format=csv&published=true", shown.FindAll("a[download]").Select(link => link.GetAttribute("href")));
    }

    [Fact]
    public void Scores_show_what_failed_and_what_could_not_be_parsed()
    {
        Platform.Answer($"api/evaluation/jobs/{JobId}", EvalSamples.Job(JobState.Succeeded));
        Platform.Answer($"api/evaluation/jobs/{JobId}/samples", EvalSamples.Page);
        var shown = Show(typeof(EvalRun), ("Id", JobId));
        Assert.Contains("2 of 402", shown.WaitForElement("[data-testid=failed-notice]").TextContent, StringComparison.Ordinal);
        var cells = shown.FindAll("[data-testid=scores] tbody tr")[1].QuerySelectorAll("td").Select(cell => cell.TextContent.Trim()).ToList();
        Assert.Equal(["20.0", "[15.0, 25.0]", "200", "5", "2"], cells[1..6]);
    }

    [Fact]
    public void A_sample_shows_its_prompt_choices_extraction_and_verdict()
    {
        Platform.Answer($"api/evaluation/jobs/{JobId}", EvalSamples.Job(JobState.Succeeded));
        Platform.Answer($"api/evaluation/jobs/{JobId}/samples", EvalSamples.Page);
        var shown = Show(typeof(EvalRun), ("Id", JobId));
        shown.WaitForAssertion(() => Assert.Equal(2, shown.FindAll("[data-testid=sample]").Count));
        var (choice, silent) = (shown.FindAll("[data-testid=sample]")[0], shown.FindAll("[data-testid=sample]")[1]);
        Assert.Contains("<|im_start|>assistant", choice.TextContent, StringComparison.Ordinal);
        Assert.Contains("-1.5", choice.QuerySelector("table")!.TextContent, StringComparison.Ordinal);
        Assert.Equal($"/eval/{JobId}?index=7", choice.QuerySelector("h3 a")!.GetAttribute("href"));
        Assert.Equal("unparsed", silent.GetAttribute("data-verdict"));
        Assert.Contains("(nothing)", silent.TextContent, StringComparison.Ordinal);
        Assert.Contains($"/eval/{JobId}?verdict=wrong", shown.FindAll(".filters a").Select(link => link.GetAttribute("href")));
    }

    [Fact]
    public void Filters_go_to_the_service()
    {
        Platform.Answer($"api/evaluation/jobs/{JobId}", EvalSamples.Job(JobState.Succeeded));
        Platform.Answer($"api/evaluation/jobs/{JobId}/samples", EvalSamples.Page);
        GoTo($"/eval/{JobId}?dimension=exam&verdict=unparsed&offset=20");
        Show(typeof(EvalRun), ("Id", JobId)).WaitForElement("[data-testid=sample]");
        Assert.Contains(Platform.Requests, request => request.Path == $"api/evaluation/jobs/{JobId}/samples?dimension=exam&verdict=unparsed&offset=20&limit=20");
    }

    [Fact]
    public void A_new_evaluation_says_how_much_it_asks_and_starts_the_job()
    {
        Platform.Answer("api/deployment/deployments", PageOf(Deployment));
        Platform.Answer("api/catalog/datasets", PageOf(Dataset));
        Platform.Answer("api/evaluation/benchmarks", new[]
        {
            new BenchmarkView { Name = "intern-sample", Title = "Six dimensions", Mode = "choice", Columns = ["dimension"], SamplesPerRow = 2 },
        });
        Platform.Answer("POST api/evaluation/jobs", EvalSamples.Job(JobState.Queued));
        var shown = Show(typeof(EvalNew));
        shown.WaitForElement("[data-testid=dataset]").Change(Artifact('a'));
        shown.Find("[data-testid=limit]").Change("40");
        shown.Find("[data-testid=deployment]").Change("tour-model");
        Assert.Contains("About 80 samples in 25 requests", shown.Find("[data-testid=estimate]").TextContent, StringComparison.Ordinal);

        shown.Find("[data-testid=start]").Click();
        shown.WaitForAssertion(() => Assert.Contains(Platform.Requests, request => request is { Method: "POST", Path: "api/evaluation/jobs" }));
        var body = Platform.Requests.Single(request => request.Method == "POST").Body;
        Assert.Contains("\"limit\":40", body, StringComparison.Ordinal);
        Assert.Contains("\"model\":\"tour-model\"", body, StringComparison.Ordinal);
        Assert.Contains(Artifact('a'), body, StringComparison.Ordinal);
    }

    [Fact]
    public void Dimensions_have_their_names_in_both_languages()
    {
        Speak("zh-CN");
        Platform.Answer("api/evaluation/leaderboard", EvalSamples.Board);
        var heads = ShowBoard().FindAll("[data-testid=leaderboard] thead .sort").Select(head => head.TextContent.Split(' ')[0]);
        Assert.Equal(["综合", "学科", "语言", "知识", "理解", "推理", "安全", "工具"], heads);
    }

    private IRenderedComponent<Microsoft.AspNetCore.Components.IComponent> ShowBoard()
    {
        var shown = Show(typeof(Eval));
        shown.WaitForElement("[data-testid=leaderboard]");
        return shown;
    }

    private static List<string> Models(IRenderedComponent<Microsoft.AspNetCore.Components.IComponent> shown) =>
        [.. shown.FindAll("[data-testid=eval-row] th").Select(cell => cell.ChildNodes.First(node => node.TextContent.Trim().Length > 0).TextContent.Trim())];
}
