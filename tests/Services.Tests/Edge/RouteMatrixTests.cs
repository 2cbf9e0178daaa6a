using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using InternPlatform.Services.Tests.Hosting;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Edge;

/// <summary>S1: every route × {anonymous, revoked, expired, lower role, other tenant}.</summary>
public sealed partial class RouteMatrixTests(RunningStandalone platform) : IClassFixture<RunningStandalone>
{
    private IReadOnlyList<PlatformRoute> Routes => [.. PlatformRoute.Of(platform.Routes).Where(route => !RouteTable.IsAsset(route.Pattern))];

    private IEnumerable<PlatformRoute> Guarded => Routes.Where(
        route => RouteTable.Entries.GetValueOrDefault(route.Key, Access.Open) is not (Access.Open or Access.Page or Access.Connection));

    [Fact]
    public void Every_route_has_an_entry_in_the_table()
    {
        var missing = Routes.Select(route => route.Key).Where(key => !RouteTable.Entries.ContainsKey(key));

        Assert.True(!missing.Any(), string.Join('\n', missing));
    }

    [Fact]
    public void The_table_has_no_entry_without_a_route()
    {
        var routes = Routes.Select(route => route.Key).ToHashSet();

        Assert.Empty(RouteTable.Entries.Keys.Except(routes));
    }

    [Fact]
    public void A_route_that_takes_an_id_says_whose()
    {
        var unsaid = Routes
            .Where(route => route.Pattern.StartsWith("/api/", StringComparison.Ordinal) && route.Pattern.Contains('{', StringComparison.Ordinal))
            .Where(route => RouteTable.Entries.GetValueOrDefault(route.Key) != Access.Edge && !RouteTable.IsThePlatforms(route.Pattern) && !RouteTable.Objects.ContainsKey(route.Key))
            .Select(route => route.Key);

        Assert.True(!unsaid.Any(), string.Join('\n', unsaid));
    }

    [Fact]
    public async Task Nobody_gets_in_without_signing_in()
    {
        using var anonymous = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(platform.Address) };
        anonymous.DefaultRequestHeaders.Add("Origin", platform.Address);

        Assert.Empty(await AdmittedAsync(anonymous));
    }

    [Fact]
    public async Task A_page_leads_a_stranger_to_the_welcome_page_and_shows_nothing()
    {
        using var anonymous = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(platform.Address) };
        anonymous.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        var shown = new List<string>();
        foreach (var page in Routes.Where(route => RouteTable.Entries.GetValueOrDefault(route.Key) == Access.Page))
        {
            using var request = page.Request(Guid.CreateVersion7().ToString());
            using var answer = await anonymous.SendAsync(request, TestContext.Current.CancellationToken);
            var led = answer.StatusCode == HttpStatusCode.Redirect && new Uri(anonymous.BaseAddress, answer.Headers.Location!).AbsolutePath == "/welcome";
            // A form without its token is a bad request before anybody asks who sends it.
            if (!led && !(page.Method == "POST" && (int)answer.StatusCode is >= 400 and < 500))
            {
                shown.Add($"{page.Key}: {(int)answer.StatusCode}");
            }
        }

        Assert.Empty(shown);
    }

    [Fact]
    public async Task The_portals_connection_is_for_our_own_pages()
    {
        var opened = new List<string>();
        foreach (var route in Routes.Where(route => RouteTable.Entries.GetValueOrDefault(route.Key) == Access.Connection))
        {
            using var request = route.Request("");
            request.Headers.Add("Origin", "http://localhost:1");
            using var answer = await platform.Owner.SendAsync(request, TestContext.Current.CancellationToken);
            if (answer.StatusCode != HttpStatusCode.Forbidden)
            {
                opened.Add($"{route.Key}: {(int)answer.StatusCode}");
            }
        }

        Assert.Empty(opened);
    }

    [Fact]
    public async Task A_revoked_key_gets_in_nowhere()
    {
        var key = await platform.AddKeyAsync(platform.Owner);
        using var revoked = await platform.Owner.DeleteAsync($"/api/identity/keys/{key.Key.Id}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        using var client = PortalSession.WithKey(platform.Address, key.Secret);

        Assert.Empty(await AdmittedAsync(client));
    }

    [Fact]
    public async Task An_expired_key_gets_in_nowhere()
    {
        var key = await RunningStandalone.PostAsync<ApiKeyCreated>(
            platform.Owner, "/api/identity/keys", new CreateApiKey { Name = "short", ExpiresAt = TimeProvider.System.GetUtcNow().AddMilliseconds(300) });
        await Task.Delay(500, TestContext.Current.CancellationToken);
        using var client = PortalSession.WithKey(platform.Address, key.Secret);

        Assert.Empty(await AdmittedAsync(client));
    }

    [Fact]
    public async Task A_lower_role_is_refused_what_it_may_not()
    {
        using var viewer = await platform.AddUserAsync(platform.Owner, "viewer");
        using var member = await platform.AddUserAsync(platform.Owner, "member");
        using var chatOnly = await platform.AddKeyClientAsync(platform.Owner, "chat");

        Assert.Empty(await AdmittedAsync(viewer, HttpStatusCode.Forbidden, Access.Write, Access.Admin, Access.Edge));
        Assert.Empty(await AdmittedAsync(member, HttpStatusCode.Forbidden, Access.Admin, Access.Edge));
        Assert.Empty(await AdmittedAsync(chatOnly, HttpStatusCode.Forbidden, Access.Read, Access.Write, Access.Admin, Access.Edge));
        Assert.Empty(await AdmittedAsync(platform.Owner, HttpStatusCode.Forbidden, Access.Edge));
    }

    [Fact]
    public async Task Another_tenants_object_and_a_missing_one_give_the_same_bytes()
    {
        using var tenant = await platform.AddTenantAsync();
        // A person of this project alone: the owner belongs to both.
        using var stranger = await platform.AddUserAsync(platform.Owner, "owner");
        var objects = new ForeignObjects(platform, tenant);
        var differences = new List<string>();
        foreach (var route in Routes.Where(route => RouteTable.Objects.ContainsKey(route.Key)))
        {
            var foreign = await objects.MakeAsync(RouteTable.Objects[route.Key]);
            var missing = foreign.Length == 64 ? new string('c', 64) : Guid.CreateVersion7().ToString();
            var (toForeign, toMissing) = (await AnswerAsync(stranger, route, foreign), await AnswerAsync(stranger, route, missing));
            if (toForeign.Replace(foreign, "ID", StringComparison.Ordinal) != toMissing.Replace(missing, "ID", StringComparison.Ordinal) || toForeign.StartsWith('2'))
            {
                differences.Add($"{route.Key}: {toForeign} | {toMissing}");
            }
        }

        Assert.Empty(differences);
    }

    [Fact]
    public async Task Another_tenants_project_is_not_entered_by_naming_it()
    {
        using var tenant = await platform.AddTenantAsync();
        var id = (await tenant.GetFromJsonAsync<MeView>("/api/identity/me", PlatformJson.Options, TestContext.Current.CancellationToken))!.ProjectId;
        using var stranger = await platform.AddUserAsync(platform.Owner, "owner");
        stranger.DefaultRequestHeaders.Add("X-Intern-Project", id.ToString());

        using var answer = await stranger.GetAsync("/api/identity/me", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    /// <summary>Routes that answered other than by the expected refusal.</summary>
    private async Task<IReadOnlyList<string>> AdmittedAsync(HttpClient client, HttpStatusCode refusal = HttpStatusCode.Unauthorized, params Access[] kinds)
    {
        var admitted = new List<string>();
        foreach (var route in Guarded.Where(route => kinds.Length == 0 || kinds.Contains(RouteTable.Entries[route.Key])))
        {
            using var request = route.Request(Guid.CreateVersion7().ToString());
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            if (response.StatusCode != refusal)
            {
                admitted.Add($"{route.Key}: {(int)response.StatusCode}");
            }
        }

        return admitted;
    }

    private static async Task<string> AnswerAsync(HttpClient client, PlatformRoute route, string id)
    {
        using var request = route.Request(id);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return $"{(int)response.StatusCode} {TraceId().Replace(body, "")}";
    }

    [GeneratedRegex("\"traceId\":\"[^\"]*\"")]
    private static partial Regex TraceId();
}
