using Bunit;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Portal.Components;
using InternPlatform.Portal.Pages;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static InternPlatform.Portal.Tests.Samples;

namespace InternPlatform.Portal.Tests;

/// <summary>Plans as a picture, and the decisions that make one.</summary>
public sealed class PlanPages : PortalContext
{
    private static readonly PlanView Preview = new()
    {
        Plan = "application",
        Steps =
        [
            new() { Name = "evaluate-candidate-1", Service = "evaluation", IsGate = false, After = [] },
            new() { Name = "evaluate-candidate-2", Service = "evaluation", IsGate = false, After = [] },
            new() { Name = "choose-base", Service = "pipelines", IsGate = true, After = ["evaluate-candidate-1", "evaluate-candidate-2"] },
            new() { Name = "deploy", Service = "deployment", IsGate = false, After = ["choose-base"] },
        ],
    };

    [Fact]
    public void A_step_stands_below_all_that_it_builds_on_and_a_source_right_above_its_user()
    {
        var rows = PlanLayout.Of([Node("a"), Node("b", "a"), Node("source"), Node("c", "b", "source"), Node("d", "a", "c")]).ToDictionary(placed => placed.Node.Name, placed => placed.Row);

        Assert.Equal((0, 1, 1, 2, 3), (rows["a"], rows["b"], rows["source"], rows["c"], rows["d"]));
    }

    [Fact]
    public void The_picture_shows_each_step_its_state_and_what_leads_to_it()
    {
        Platform.Answer($"api/pipelines/runs/{PipelineId}", Pipeline(PipelineState.Running));
        var shown = Show(typeof(PipelinePage), [("Id", PipelineId.ToString())]);

        shown.WaitForElement("[data-testid=plan-graph]");
        Assert.Equal(6, shown.FindAll("[data-testid=plan-graph] .node").Count);
        Assert.Equal(5, shown.FindAll("[data-testid=plan-graph] .edge").Count);
        Assert.Contains("Running", shown.Find("[data-node=pretrain] title").TextContent, StringComparison.Ordinal);
        Assert.Equal($"/data/{DatasetId}", shown.Find("[data-node=import-sample] a").GetAttribute("href"));
    }

    [Fact]
    public void Decisions_are_shown_as_a_plan_before_anything_starts()
    {
        Answer();
        var shown = Show(typeof(PipelineNew));
        ShowProviders();

        shown.WaitForElement("fieldset input[type=checkbox]").Change(true);
        Assert.NotNull(shown.Find("[data-testid=plan-missing]"));
        Choose(shown);

        shown.WaitForElement("[data-testid=plan-graph]");
        Assert.NotNull(shown.Find("[data-node=choose-base].gate"));
        Assert.Contains("candidate 2", shown.Find("[data-node=evaluate-candidate-2]").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain(Platform.Requests, request => request.Path == "api/pipelines/runs");
    }

    [Fact]
    public void A_started_plan_is_sent_with_its_decisions_and_followed()
    {
        Answer();
        Platform.Answer("POST api/pipelines/runs", Pipeline(PipelineState.Running));
        var shown = Show(typeof(PipelineNew));
        ShowProviders();
        shown.WaitForElement("fieldset input[type=checkbox]").Change(true);
        Choose(shown);
        shown.Find("[data-testid=act]").Change(true);

        shown.WaitForElement("[data-testid=plan-graph]");
        shown.Find("[data-testid=start-plan]").Click();
        shown.WaitForAssertion(() => Assert.Contains(
            Platform.Requests, request => request.Path == "api/pipelines/runs" && request.Body.Contains("\"mustAct\":true", StringComparison.Ordinal) && request.Body.Contains(Model.ArtifactId, StringComparison.Ordinal)));
        Assert.EndsWith($"/pipelines/{PipelineId}", Services.GetRequiredService<Microsoft.AspNetCore.Components.NavigationManager>().Uri, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_model_the_page_says_how_to_get_one()
    {
        Answer();
        Platform.Answer("api/catalog/models", PageOf<ModelView>());

        Assert.NotNull(Show(typeof(PipelineNew)).WaitForElement("[data-testid=empty]"));
    }

    [Fact]
    public void Every_model_can_be_chosen_however_many_pages_there_are()
    {
        Answer();
        Platform.Answer("api/catalog/models?limit=200", PageOf(Model) with { NextCursor = "older" });
        Platform.Answer("api/catalog/models?cursor=older&limit=200", PageOf(Model with { Name = "an-old-one", ArtifactId = Artifact('c') }));

        var shown = Show(typeof(PipelineNew));
        shown.WaitForElement("fieldset input[type=checkbox]");
        Assert.Contains("an-old-one", shown.Find("fieldset").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Benchmarks_that_give_no_share_are_not_offered_for_a_bar()
    {
        Answer();
        var shown = Show(typeof(PipelineNew));
        shown.WaitForElement("fieldset");

        var offered = shown.FindComponents<MudBlazor.MudSelect<string>>()[1];
        Assert.Contains("dimension, question", shown.Markup, StringComparison.Ordinal);
        Assert.Equal(["intern-sample"], offered.FindComponents<MudBlazor.MudSelectItem<string>>().Select(item => item.Instance.Value).Distinct());
    }

    private void Answer()
    {
        Platform.Answer("api/catalog/models", PageOf(Model));
        Platform.Answer("api/catalog/datasets", PageOf(Dataset));
        Platform.Answer("api/evaluation/benchmarks", EvalSamples.Benchmarks);
        Platform.Answer("POST api/pipelines/preview", Preview);
    }

    /// <summary>As a click on the list does; its popover is rendered elsewhere.</summary>
    private static void Choose(IRenderedComponent<Microsoft.AspNetCore.Components.IComponent> shown)
    {
        var select = shown.FindComponents<MudBlazor.MudSelect<string>>()[0];
        shown.InvokeAsync(() => select.Instance.ValueChanged.InvokeAsync(Dataset.Versions[0].ArtifactId));
    }

    private static PlanNode Node(string name, params string[] after) => new() { Name = name, Service = "catalog", IsGate = false, After = after };
}
