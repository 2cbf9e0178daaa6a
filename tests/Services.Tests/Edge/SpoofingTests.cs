using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using InternPlatform.Services.Tests.Hosting;
using Xunit;

namespace InternPlatform.Services.Tests.Edge;

/// <summary>S3: 500 spoofed headers and path spellings; the route that is authorised is the route that is served.</summary>
public sealed class SpoofingTests(RunningStandalone platform) : IClassFixture<RunningStandalone>
{
    private const int Seed = 20_261;
    private const int Cases = 250;

    [Fact]
    public async Task No_header_makes_a_caller_somebody_else()
    {
        using var viewer = await platform.AddUserAsync(platform.Owner, "viewer");
        var truth = await viewer.GetFromJsonAsync<MeView>("/api/identity/me", PlatformJson.Options, TestContext.Current.CancellationToken);
        var random = new Random(Seed);
        var fooled = new List<string>();
        for (var i = 0; i < Cases; i++)
        {
            var (name, value) = SpoofedHeader(random);
            using var who = new HttpRequestMessage(HttpMethod.Get, "/api/identity/me");
            who.Headers.TryAddWithoutValidation(name, value);
            using var answer = await viewer.SendAsync(who, TestContext.Current.CancellationToken);
            var me = answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<MeView>(PlatformJson.Options, TestContext.Current.CancellationToken) : null;
            using var what = new HttpRequestMessage(HttpMethod.Get, "/api/identity/audit");
            what.Headers.TryAddWithoutValidation(name, value);
            using var audit = await viewer.SendAsync(what, TestContext.Current.CancellationToken);
            if ((me is not null && (me.UserId != truth!.UserId || me.Role != truth.Role)) || audit.IsSuccessStatusCode)
            {
                fooled.Add($"{name}: {value}");
            }
        }

        Assert.Empty(fooled);
    }

    [Fact]
    public async Task No_spelling_of_a_path_leads_past_its_guard()
    {
        var key = (await platform.AddKeyAsync(platform.Owner, "read")).Secret;
        var random = new Random(Seed);
        var leaks = new List<string>();
        for (var i = 0; i < Cases; i++)
        {
            var target = Spelling(random, i % 2 == 0 ? "/api/identity/audit" : "/api/identity/users");
            var answer = await RawAsync(target, key);
            if (answer.StartsWith("HTTP/1.1 2", StringComparison.Ordinal) && answer.Contains("\"items\"", StringComparison.Ordinal))
            {
                leaks.Add($"with a key: {target}");
            }

            var open = await RawAsync(Spelling(random, "/api/identity/me"), null);
            if (open.Contains("\"userId\"", StringComparison.Ordinal))
            {
                leaks.Add($"with nothing: {target}");
            }
        }

        Assert.Empty(leaks);
    }

    [Theory]
    [InlineData("/health/live/../../api/identity/me")]
    [InlineData("/api//identity/me")]
    [InlineData("/api/%2e%2e/api/identity/me")]
    [InlineData("/api%2fidentity/me")]
    [InlineData("/health/live;/../api/identity/me")]
    [InlineData("/api/identity\\me")]
    public async Task A_path_that_reads_two_ways_is_refused(string target)
    {
        var key = (await platform.AddKeyAsync(platform.Owner)).Secret;

        Assert.StartsWith("HTTP/1.1 400", await RawAsync(target, key), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("attacker.example")]
    [InlineData("localhost.attacker.example")]
    [InlineData("127.0.0.2")]
    public async Task A_foreign_host_name_is_refused(string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/identity/me") { Headers = { Host = host } };
        using var answer = await platform.Owner.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("Origin", "http://localhost:1")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task Another_local_page_cannot_use_the_cookie(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/identity/keys") { Content = JsonContent.Create(new CreateApiKey { Name = "stolen" }) };
        using var browser = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri(platform.Address) };
        browser.DefaultRequestHeaders.Add("Cookie", platform.Owner.DefaultRequestHeaders.GetValues("Cookie"));
        request.Headers.Add(header, value);

        using var answer = await browser.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private static (string Name, string Value) SpoofedHeader(Random random)
    {
        string[] names =
        [
            "X-Intern-User", "x-intern-scopes", "X-INTERN-ROLE", "X-Intern-Caller", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-User", "X-Forwarded-Prefix",
            "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "Forwarded", "X-Real-IP", "X-Remote-User", "Authorization", "Proxy-Authorization", "X-Api-Key",
        ];
        string[] values =
        [
            "owner", "admin", "read write chat admin edge", "127.0.0.1", "::1", "/api/identity/audit", "/health/live", "GET", "for=127.0.0.1;by=edge", "Basic b3duZXI6",
            "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJvd25lciIsInNjb3BlIjoiYWRtaW4ifQ.", "Bearer sk-owner", "Bearer ", "edge",
        ];
        return (names[random.Next(names.Length)], values[random.Next(values.Length)] + (random.Next(3) == 0 ? random.Next(100).ToString(CultureInfo.InvariantCulture) : ""));
    }

    /// <summary>One to three changes that some reader of paths would undo.</summary>
    private static string Spelling(Random random, string path)
    {
        var text = path;
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(1, text.Length);
            text = random.Next(12) switch
            {
                0 => text.Replace("/", "//", StringComparison.Ordinal),
                1 => text.Insert(at, "/./"),
                2 => text.Insert(at, "/x/../"),
                3 => text[..at] + '%' + ((int)text[at]).ToString("x2", CultureInfo.InvariantCulture) + text[(at + 1)..],
                4 => text.Replace("/", "%2f", StringComparison.Ordinal),
                5 => text.Replace("/", "\\", StringComparison.Ordinal),
                6 => "/health/live/.." + text,
                7 => text + ";/health/live",
                8 => text + "%00",
                9 => text.ToUpperInvariant(),
                10 => "/health/live/%2e%2e/%2e%2e" + text,
                _ => "http://localhost" + text,
            };
        }

        return text;
    }

    private async Task<string> RawAsync(string target, string? key)
    {
        var address = new Uri(platform.Address);
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        await using var stream = socket.GetStream();
        var authorization = key is null ? "" : $"Authorization: Bearer {key}\r\n";
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: {address.Authority}\r\n{authorization}Connection: close\r\n\r\n"), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
