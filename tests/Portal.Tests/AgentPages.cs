using Bunit;
using InternPlatform.Contracts.Agents;
using InternPlatform.Portal.Components;
using InternPlatform.Portal.Pages;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static InternPlatform.Portal.Tests.AgentSamples;
using static InternPlatform.Portal.Tests.Samples;

namespace InternPlatform.Portal.Tests;

/// <summary>What the pages of agents do.</summary>
public sealed class AgentPages : PortalContext
{
    [Fact]
    public void An_agent_is_made_of_a_deployed_model_and_a_tool()
    {
        AnswerChoices(Platform, except: "");
        Platform.Answer("api/agents/agents", PageOf<AgentView>());
        Platform.Answer("POST api/agents/agents", Agent);
        ShowProviders();
        var shown = Show(typeof(Portal.Pages.Agents));
        Assert.True(shown.WaitForElement("[data-testid=create]").HasAttribute("disabled"));

        shown.Find("input[type=text]").Input("adder");
        shown.Find("[data-testid=create]").Click();
        shown.WaitForAssertion(() => Assert.EndsWith($"/agents/{AgentId}", Address, StringComparison.Ordinal));
        var body = Platform.Requests.Single(request => request is { Method: "POST", Path: "api/agents/agents" }).Body;
        Assert.Contains($"\"model\":\"{Deployment.Name}\"", body, StringComparison.Ordinal);
        Assert.Contains("\"tools\":[\"calculator\"]", body, StringComparison.Ordinal);
        Assert.Contains("\"strategy\":\"function-calling\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public void The_look_up_tool_asks_for_its_data_set()
    {
        AnswerChoices(Platform, except: "");
        Platform.Answer("api/agents/agents", PageOf<AgentView>());
        Platform.Answer("api/catalog/datasets", PageOf(Dataset));
        ShowProviders();
        var shown = Show(typeof(Portal.Pages.Agents));
        shown.WaitForElement("[data-tool=dataset-lookup]").Change(true);
        shown.WaitForAssertion(() => Assert.Contains("What the look-up tool searches.", shown.Markup, StringComparison.Ordinal));

        shown.Find("input[type=text]").Input("finder");
        Assert.True(shown.Find("[data-testid=create]").HasAttribute("disabled"));
    }

    [Fact]
    public void Without_a_deployed_model_the_way_to_one_is_shown()
    {
        Platform.Answer("api/agents/tools", Tools);
        Platform.Answer("api/deployment/deployments", PageOf<Contracts.Deployment.DeploymentView>());
        Platform.Answer("api/agents/agents", PageOf<AgentView>());
        Assert.Equal("/serve", Show(typeof(Portal.Pages.Agents)).WaitForElement("[data-testid=no-model] a").GetAttribute("href"));
    }

    [Fact]
    public void A_question_opens_its_run()
    {
        Platform.Answer($"POST api/agents/agents/{AgentId}/runs", Running);
        var shown = Render<AgentAsk>(parameters => parameters.Add(ask => ask.Agent, Agent));
        Assert.True(shown.Find("[data-testid=ask]").HasAttribute("disabled"));

        shown.Find(".chip.ask").Click();
        shown.Find("form").Submit();
        shown.WaitForAssertion(() => Assert.EndsWith($"/agents/{AgentId}/runs/{RunId}", Address, StringComparison.Ordinal));
        Assert.Contains("4817 plus 2946", Platform.Requests.Last().Body, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_is_a_tree_of_question_turns_and_calls()
    {
        var tree = ShowRun(Succeeded).WaitForElement("[role=tree]");
        var items = tree.QuerySelectorAll("[role=treeitem]");
        Assert.Equal(["1", "2", "3", "2", "3"], items.Select(item => item.GetAttribute("aria-level")));
        Assert.Equal([null, "model", "tool-call", "model", "answer"], items.Select(item => item.GetAttribute("data-kind")));
        Assert.Equal(["0", "-1", "-1", "-1", "-1"], items.Select(item => item.GetAttribute("tabindex")));
        Assert.Equal(["true", "true", null, "true", null], items.Select(item => item.GetAttribute("aria-expanded")));
        Assert.Contains("7763", items[2].TextContent, StringComparison.Ordinal);
        Assert.Contains("4817", items[2].TextContent, StringComparison.Ordinal);
        Assert.Contains("62 + 37 tokens", items[1].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_shows_its_answer_when_it_comes_and_then_asks_no_more()
    {
        var shown = ShowRun(Running);
        shown.WaitForElement("[data-testid=cancel]");
        Assert.Empty(shown.FindAll("[data-testid=answer]"));

        Platform.Answer($"api/agents/runs/{RunId}", Succeeded);
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("The answer is 7763.", shown.WaitForElement("[data-testid=answer]").TextContent);
        Assert.Empty(shown.FindAll("[data-testid=cancel]"));
        var asked = Platform.Requests.Count;
        Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(asked, Platform.Requests.Count);
    }

    [Fact]
    public void A_failed_run_says_why_at_its_step_and_what_to_do()
    {
        var shown = ShowRun(Failed);
        Assert.Contains("unknown-tool", shown.WaitForElement("[data-testid=job-problem]").TextContent, StringComparison.Ordinal);
        Assert.Contains("There is no tool 'oracle'.", shown.Find("[data-status=unknown-tool]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_running_run_is_cancelled_with_one_click()
    {
        Platform.Answer($"POST api/agents/runs/{RunId}/cancel", Running);
        ShowRun(Running).WaitForElement("[data-testid=cancel]").Click();
        Assert.Contains(Platform.Requests, request => request.Path == $"api/agents/runs/{RunId}/cancel");
    }

    private string Address => Services.GetRequiredService<Microsoft.AspNetCore.Components.NavigationManager>().Uri;

    private IRenderedComponent<Microsoft.AspNetCore.Components.IComponent> ShowRun(AgentRunView run)
    {
        Platform.Answer($"api/agents/runs/{RunId}", run);
        return Show(typeof(AgentRunPage), [("Agent", AgentId.ToString()), ("Run", RunId)]);
    }
}
