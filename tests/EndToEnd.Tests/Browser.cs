using Microsoft.Playwright;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.EndToEnd.Tests;

/// <summary>Headless Chromium of the system; a test without it is skipped with the reason.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private const string Executable = "/usr/bin/chromium";
    private readonly IPlaywright playwright;
    private readonly IBrowser browser;

    private Browser(IPlaywright playwright, IBrowser browser)
    {
        this.playwright = playwright;
        this.browser = browser;
    }

    public static async Task<Browser> StartAsync()
    {
        Assert.SkipUnless(File.Exists(Executable), "Chromium is not installed (Debian: apt-get install chromium; .ci/install does it).");
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Executable,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        return new Browser(playwright, browser);
    }

    /// <summary>A page of its own context, which fails the test on any request that leaves this machine.</summary>
    public async Task<IPage> NewPageAsync(bool dark = false, string locale = "en-US")
    {
        var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            Locale = locale,
            ViewportSize = new ViewportSize { Width = 1280, Height = 900 },
            // The welcome link and the session live on http://localhost.
            BypassCSP = false,
        });
        await context.RouteAsync(url => !new Uri(url).IsLoopback, route => throw new InvalidOperationException($"A request left this machine: {route.Request.Url}"));
        return await context.NewPageAsync();
    }

    /// <summary>Puts a session's cookie into a page's context.</summary>
    public static Task SignInAsync(IPage page, PlatformProcess platform, string cookie)
    {
        var (name, value) = (cookie[..cookie.IndexOf('=', StringComparison.Ordinal)], cookie[(cookie.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        return page.Context.AddCookiesAsync([new Cookie { Name = name, Value = value, Url = $"https://localhost:{platform.Port}", Secure = true, HttpOnly = true, SameSite = SameSiteAttribute.Strict }]);
    }

    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
    }
}
