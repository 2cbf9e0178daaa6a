using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Pipelines;
using Microsoft.Playwright;
using System.Net.Http.Json;
using InternPlatform.Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace InternPlatform.EndToEnd.Tests;

/// <summary>Every page, in light and Chinese and in dark and English: no accessibility violation, no overflow, no failure shown.</summary>
[Collection(SmallTour.Collection)]
public sealed class PageTests(SmallTour tour)
{
    private static readonly string[] AxeTags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

    [Theory]
    [InlineData(false, "zh-CN")]
    [InlineData(true, "en-US")]
    public async Task No_page_has_an_accessibility_violation(bool dark, string locale)
    {
        await using var browser = await Browser.StartAsync();
        var page = await browser.NewPageAsync(dark, locale);
        await Browser.SignInAsync(page, tour.Platform, tour.Cookie);
        var violations = new List<string>();
        foreach (var path in await PathsAsync())
        {
            await OpenAsync(page, path);
            var result = await page.RunAxe(new AxeRunOptions { RunOnly = new RunOnlyOptions { Type = "tag", Values = [.. AxeTags] } });
            violations.AddRange(result.Violations.Select(v => $"{path}: {v.Id} {string.Join(" | ", v.Nodes.Take(3).Select(node => node.Html))}"));
        }

        Assert.True(violations.Count == 0, string.Join('\n', violations));
    }

    [Theory]
    [InlineData(360)]
    [InlineData(1280)]
    public async Task No_page_scrolls_sideways_or_shows_a_failure(int width)
    {
        await using var browser = await Browser.StartAsync();
        var page = await browser.NewPageAsync();
        await page.SetViewportSizeAsync(width, 800);
        await Browser.SignInAsync(page, tour.Platform, tour.Cookie);
        foreach (var path in await PathsAsync())
        {
            await OpenAsync(page, path);
            Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"{path} is wider than {width}");
            await Expect(page.GetByTestId("failure")).ToHaveCountAsync(0);
        }
    }

    [Fact]
    public async Task The_playground_streams_an_answer()
    {
        await using var browser = await Browser.StartAsync();
        var page = await browser.NewPageAsync();
        await Browser.SignInAsync(page, tour.Platform, tour.Cookie);
        await OpenAsync(page, "/chat");

        await page.GetByTestId("question").FillAsync("Repeat: 4821");
        await page.GetByTestId("send").ClickAsync();

        var turns = page.GetByTestId("thread").Locator(":scope > li");
        await Expect(turns).ToHaveCountAsync(2);
        await Expect(turns.Last).Not.ToBeEmptyAsync(new() { Timeout = 20_000 });
        await Expect(page.GetByTestId("send")).ToBeEnabledAsync(new() { Timeout = 20_000 });
    }

    [Fact]
    public async Task A_run_keeps_all_its_points_over_a_reload()
    {
        await using var browser = await Browser.StartAsync();
        var page = await browser.NewPageAsync();
        await Browser.SignInAsync(page, tour.Platform, tour.Cookie);
        var job = tour.Run.Steps.Single(step => step.Name == "pretrain").JobId;
        await OpenAsync(page, $"/runs/pretraining/{Step("pretrain").JobId}");
        var loss = page.GetByTestId("loss");
        await Expect(loss).Not.ToHaveAttributeAsync("data-points", "0");
        var points = await loss.GetAttributeAsync("data-points");
        // Step, training loss, validation loss.
        await page.Locator(".chart-card summary").ClickAsync();
        await Expect(page.GetByTestId("loss-table").Locator("thead th")).ToHaveCountAsync(3);

        await page.ReloadAsync();

        await Expect(page.GetByTestId("loss")).ToHaveAttributeAsync("data-points", points!);
    }

    private async Task<IReadOnlyList<string>> PathsAsync()
    {
        using var client = tour.Platform.ClientWith(tour.Key);
        var dataset = (await client.GetFromJsonAsync<DatasetView>("api/catalog/datasets/built-in-sample-clean", PlatformProcess.Json))!.Id;
        var model = (await client.GetFromJsonAsync<Contracts.Page<ModelView>>("api/catalog/models", PlatformProcess.Json))!.Items[0].Id;
        return
        [
            "/", "/welcome", "/data", "/data/import", $"/data/{dataset}", $"/data/{dataset}?tab=statistics", $"/data/{dataset}?tab=cleaning", $"/data/{dataset}?tab=lineage", $"/data/{dataset}/clean",
            "/runs", $"/runs/pretraining/{Step("pretrain").JobId}", "/finetune/new", "/models", "/models/import", $"/models/{model}", "/serve", "/eval", "/eval?published=true", "/eval/new", $"/eval/{Step("evaluate-tuned").JobId}", "/chat",
            "/agents", $"/agents/{tour.Run.Name}", Step("agent-run").Path!, "/pipelines", "/pipelines/new", $"/pipelines/{tour.Run.Id}", "/admin/keys", "/admin/messages", "/admin/services", "/no-such-page",
        ];
    }

    private PipelineStepView Step(string name) => tour.Run.Steps.Single(step => step.Name == name);

    private async Task OpenAsync(IPage page, string path)
    {
        await page.GotoAsync(tour.Platform.Address + path);
        await Expect(page.GetByTestId("loading")).ToHaveCountAsync(0, new() { Timeout = 20_000 });
        // The circuit takes over from the prerendered page, and charts draw.
        await page.WaitForTimeoutAsync(700);
    }
}
