using System.Net;
using Bunit;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Catalog;
using Xunit;

namespace InternPlatform.Portal.Tests;

/// <summary>The designed states of each page: loading, empty, stale, failed, full.</summary>
public sealed class PageStates : PortalContext
{
    public static TheoryData<string> Pages => [.. PageCase.All.Keys];

    public static TheoryData<string> PagesThatCanBeEmpty => [.. PageCase.All.Where(page => page.Value.Empty is not null).Select(page => page.Key)];

    public static TheoryData<string> PagesThatPoll => [.. PageCase.All.Where(page => page.Value.Polls).Select(page => page.Key)];

    [Theory, MemberData(nameof(Pages))]
    public void A_page_that_waits_shows_its_outline(string name)
    {
        var page = PageCase.All[name];
        Platform.Hang(page.Path);
        var shown = Open(page);

        Assert.NotEmpty(shown.FindAll("[data-testid=loading]"));
        Assert.NotEmpty(shown.FindAll("h1"));
        Assert.Empty(shown.FindAll("[data-testid=failure]"));
    }

    [Theory, MemberData(nameof(PagesThatCanBeEmpty))]
    public void An_empty_page_says_what_belongs_here_and_how_to_begin(string name)
    {
        var page = PageCase.All[name];
        Platform.Answer(page.Path, page.Empty!);
        var empty = Open(page).WaitForElement("[data-testid=empty]");

        Assert.NotEmpty(empty.QuerySelector("h2")!.TextContent);
        Assert.NotNull(empty.QuerySelector("pre code"));
    }

    [Theory, MemberData(nameof(Pages))]
    public void A_failed_page_says_why_what_to_do_and_the_trace_id_and_tries_again(string name)
    {
        var page = PageCase.All[name];
        Platform.Refuse(page.Path, HttpStatusCode.ServiceUnavailable, "The store is full.", "Free some space.");
        var shown = Open(page);
        var failure = shown.WaitForElement("[data-testid=failure]");
        Assert.Contains("The store is full.", failure.TextContent, StringComparison.Ordinal);
        Assert.Contains("Free some space.", failure.TextContent, StringComparison.Ordinal);
        Assert.Contains("4bf92f3577b34da6", failure.TextContent, StringComparison.Ordinal);

        Platform.Answer(page.Path, page.Full);
        shown.FindAll("[data-testid=retry]")[^1].Click();
        shown.WaitForAssertion(() => Assert.Contains(page.Shows, shown.Markup, StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Pages))]
    public void A_service_that_does_not_answer_is_named(string name)
    {
        var page = PageCase.All[name];
        Platform.Unreachable(page.Path);

        var service = page.Path.Split('/')[1];
        Assert.Contains($"The service {service} does not answer", Open(page).WaitForElement("[data-testid=failure]").TextContent, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Pages))]
    public void A_full_page_shows_its_content(string name)
    {
        var page = PageCase.All[name];
        Platform.Answer(page.Path, page.Full);
        var shown = Open(page);

        shown.WaitForAssertion(() => Assert.Contains(page.Shows, shown.Markup, StringComparison.Ordinal));
        Assert.Single(shown.FindAll("h1"));
    }

    [Theory, MemberData(nameof(PagesThatPoll))]
    public void A_page_whose_refresh_fails_keeps_what_it_has_and_says_so(string name)
    {
        var page = PageCase.All[name];
        Platform.Answer(page.Path, page.Full);
        var shown = Open(page);
        shown.WaitForAssertion(() => Assert.Contains(page.Shows, shown.Markup, StringComparison.Ordinal));

        Platform.Unreachable(page.Path);
        Time.Advance(TimeSpan.FromSeconds(6));
        shown.WaitForElement("[data-testid=stale]");
        Assert.Contains(page.Shows, shown.Markup, StringComparison.Ordinal);

        Platform.Answer(page.Path, page.Full);
        Time.Advance(TimeSpan.FromSeconds(6));
        shown.WaitForAssertion(() => Assert.Empty(shown.FindAll("[data-testid=stale]")));
    }

    private IRenderedComponent<Microsoft.AspNetCore.Components.IComponent> Open(PageCase page)
    {
        ShowProviders();
        if (page.Path != "api/catalog/models")
        {
            Platform.Answer("api/catalog/models", new Page<ModelView> { Items = [] });
        }

        AgentSamples.AnswerChoices(Platform, except: page.Path);
        return Show(page.Page, page.Parameters);
    }
}
