using System.Net;
using Bunit;
using InternPlatform.Portal.Pages;
using Xunit;

namespace InternPlatform.Portal.Tests;

/// <summary>The administrators' page about the services.</summary>
public sealed class ServicePages : PortalContext
{
    [Fact]
    public void Each_service_says_how_it_is_and_one_that_is_away_does_not_hide_the_others()
    {
        Platform.Answer("api/identity/health", HealthSamples.Well);
        Platform.Answer("api/catalog/health", HealthSamples.Impaired);
        Platform.Unreachable("api/agents/health");
        var shown = Show(typeof(Services));
        shown.WaitForElement("[data-testid=services]");

        Assert.Equal(Portal.Clients.ServicesClient.Services, shown.FindAll("[data-testid=service]").Select(tile => tile.GetAttribute("data-service")));
        Assert.Equal("Healthy", Tile("identity").QuerySelector(".line .state")!.TextContent);
        Assert.Equal("Impaired", Tile("catalog").QuerySelector(".line .state")!.TextContent);
        Assert.Contains("1,240 messages wait, the oldest for 1:35", Tile("catalog").QuerySelector("[data-testid=outbox].warn")!.TextContent, StringComparison.Ordinal);
        Assert.Equal(["Running: 2", "Failed: 1"], Tile("catalog").QuerySelectorAll("[data-testid=jobs]").Select(chip => chip.TextContent));
        Assert.Equal(["Outbox", "jobs"], Tile("catalog").QuerySelectorAll("dt").Select(name => name.TextContent));
        Assert.Contains("Connected to broker:5672.", Tile("identity").TextContent, StringComparison.Ordinal);
        Assert.Contains("Connection refused", Tile("agents").TextContent, StringComparison.Ordinal);

        AngleSharp.Dom.IElement Tile(string service) => shown.Find($"[data-service={service}]");
    }

    [Fact]
    public void Whoever_is_no_owner_is_told_so()
    {
        foreach (var service in Portal.Clients.ServicesClient.Services)
        {
            Platform.Refuse($"api/{service}/health", HttpStatusCode.Forbidden, "Your role or key does not allow this.", "It needs the scope 'admin'. Ask an owner of the project.");
        }

        Assert.Contains("Ask an owner of the project.", Show(typeof(Services)).WaitForElement("[data-testid=failure]").TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("en", "Database", "Healthy")]
    [InlineData("zh-CN", "数据库", "正常")]
    public void The_page_speaks_the_users_language(string culture, string check, string state)
    {
        Speak(culture);
        Platform.Answer("api/identity/health", HealthSamples.Well);
        var shown = Show(typeof(Services));

        shown.WaitForAssertion(() => Assert.Contains(check, shown.Markup, StringComparison.Ordinal));
        Assert.Contains(state, shown.Markup, StringComparison.Ordinal);
    }
}
