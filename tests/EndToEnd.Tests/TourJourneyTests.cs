using System.Globalization;
using InternPlatform.Tests.Support;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace InternPlatform.EndToEnd.Tests;

/// <summary>A person opens the printed link and watches the whole tour.</summary>
public sealed class TourJourneyTests
{
    private const int TourMilliseconds = 20 * 60 * 1000;
    private const int Steps = 22;

    /// <summary>A trial: little is learned, and the gates let it pass.</summary>
    [Fact]
    public Task From_the_printed_link_to_all_ticks_with_a_reload_half_way() => JourneyAsync(
        new Dictionary<string, string>(TourByRest.OpenGates.Select(gate => KeyValuePair.Create($"Pipelines__Thresholds__{gate.Key}", gate.Value.ToString(CultureInfo.InvariantCulture))))
        {
            ["Pipelines__TokenBudget"] = "60000",
        });

    /// <summary>With the whole budget, and so with the gates.</summary>
    [Fact(Explicit = true)]
    [Trait("Category", "Nightly")]
    public Task The_whole_tour_opens_its_own_gates() => JourneyAsync(new Dictionary<string, string>());

    private static async Task JourneyAsync(IReadOnlyDictionary<string, string> settings)
    {
        await using var browser = await Browser.StartAsync();
        using var data = new TemporaryFolder();
        await using var platform = new PlatformProcess(data.Path) { Settings = settings };
        await platform.StartAsync();
        var page = await browser.NewPageAsync();

        await page.GotoAsync(await platform.WelcomeLinkAsync());
        // The one click that the tour needs.
        await page.GetByTestId("tour-start").ClickAsync();
        var steps = page.GetByTestId("steps");
        await Expect(Ticked(steps)).ToHaveCountAsync(Steps / 2, new() { Timeout = TourMilliseconds });

        await page.ReloadAsync();
        await Expect(page.GetByTestId("steps").GetByRole(AriaRole.Checkbox)).ToHaveCountAsync(Steps);
        Assert.True(await Ticked(steps).CountAsync() >= Steps / 2);
        await Expect(Ticked(steps)).ToHaveCountAsync(Steps, new() { Timeout = TourMilliseconds });
        await Expect(page.GetByTestId("answer")).Not.ToBeEmptyAsync();

        await SameInASecondBrowserAsync(browser, page, platform);
    }

    private static async Task SameInASecondBrowserAsync(Browser browser, IPage first, PlatformProcess platform)
    {
        var second = await browser.NewPageAsync();
        await second.Context.AddCookiesAsync((await first.Context.CookiesAsync()).Select(cookie => new Cookie
        {
            Name = cookie.Name,
            Value = cookie.Value,
            Domain = cookie.Domain,
            Path = cookie.Path,
            Secure = cookie.Secure,
            HttpOnly = cookie.HttpOnly,
        }));
        await second.GotoAsync($"{platform.Address}/welcome");
        await Expect(second.GetByTestId("answer")).ToHaveTextAsync(await first.GetByTestId("answer").InnerTextAsync());
    }

    private static ILocator Ticked(ILocator steps) => steps.Locator("[role=checkbox][aria-checked=true]");
}
