using System.Net.Http.Json;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using InternPlatform.Contracts.Agents;
using InternPlatform.Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace InternPlatform.EndToEnd.Tests;

/// <summary>An agent on the tour's model, in the browser: asked, watched, walked by keyboard, and traced to its source.</summary>
[Collection(SmallTour.Collection)]
public sealed class AgentPageTests(SmallTour tour)
{
    private static readonly string[] AxeTags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

    [Theory]
    [InlineData(false, "zh-CN")]
    [InlineData(true, "en-US")]
    public async Task An_agent_is_asked_and_its_run_is_walked_by_keyboard(bool dark, string locale)
    {
        var agent = await CreateAsync($"adder-{locale}");
        await using var browser = await Browser.StartAsync();
        var page = await browser.NewPageAsync(dark, locale);
        await Browser.SignInAsync(page, tour.Platform, tour.Cookie);
        await page.GotoAsync($"{tour.Platform.Address}/agents/{agent.Id}");
        await Expect(page.GetByTestId("loading")).ToHaveCountAsync(0, new() { Timeout = 20_000 });
        await page.WaitForTimeoutAsync(700);
        Assert.Empty((await page.RunAxe(Rules())).Violations.Select(v => v.Id));

        await page.Locator(".chip.ask").First.ClickAsync();
        await page.GetByTestId("ask").ClickAsync();
        await Expect(page.Locator("h1 [data-state=Succeeded], h1 [data-state=Failed]")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        Assert.Empty((await page.RunAxe(Rules())).Violations.Select(v => v.Id));

        var items = page.Locator("[role=treeitem]");
        await items.First.FocusAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await Expect(items.Nth(1)).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(items.Nth(2)).ToBeFocusedAsync();
        await Expect(items.Nth(2)).ToContainTextAsync("calculator");
        await page.Keyboard.PressAsync("ArrowLeft");
        await Expect(items.Nth(1)).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("ArrowLeft");
        await Expect(items.Nth(1)).ToHaveAttributeAsync("aria-expanded", "false");
        await Expect(items.Nth(2)).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("Home");
        await Expect(items.First).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Clicks_lead_from_an_agent_to_the_source_and_back()
    {
        var agent = await CreateAsync("traced");
        await using var browser = await Browser.StartAsync();
        var page = await browser.NewPageAsync();
        await Browser.SignInAsync(page, tour.Platform, tour.Cookie);
        await page.GotoAsync($"{tour.Platform.Address}/agents/{agent.Id}");
        await Expect(page.Locator(".lineage .self")).ToContainTextAsync("traced", new() { Timeout = 20_000 });
        await page.Locator(".lineage a[href^='/models/']").First.ClickAsync();
        await Expect(page.Locator($".lineage a[href='/agents/{agent.Id}']")).ToBeVisibleAsync(new() { Timeout = 20_000 });
        await page.Locator(".lineage a[href^='/data/']").First.ClickAsync();
        await Expect(page.Locator("h1")).ToBeVisibleAsync();
        Assert.Contains("/data/", page.Url, StringComparison.Ordinal);
    }

    private static AxeRunOptions Rules() => new() { RunOnly = new RunOnlyOptions { Type = "tag", Values = [.. AxeTags] } };

    private async Task<AgentView> CreateAsync(string name)
    {
        using var client = tour.Platform.ClientWith(tour.Key);
        using var answer = await client.PostAsJsonAsync("api/agents/agents", new CreateAgent { Name = name, Model = tour.Model }, PlatformProcess.Json);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<AgentView>(PlatformProcess.Json))!;
    }
}
