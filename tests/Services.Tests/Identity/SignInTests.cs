using System.Net;
using System.Net.Http.Json;
using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using InternPlatform.Services.Tests.Hosting;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Identity;

public sealed class SignInTests(RunningStandalone platform) : IClassFixture<RunningStandalone>
{
    [Fact]
    public async Task A_link_works_once()
    {
        var token = await LinkAsync();
        using var first = await ExchangeAsync(token);
        using var second = await ExchangeAsync(token);

        Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, second.StatusCode);
    }

    [Fact]
    public async Task Of_many_that_use_a_link_at_once_one_gets_in()
    {
        var token = await LinkAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ExchangeAsync(token)));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task The_cookie_has_every_guard_a_browser_knows()
    {
        using var answer = await ExchangeAsync(await LinkAsync());
        var cookie = answer.Headers.GetValues("Set-Cookie").Single();

        Assert.StartsWith("__Host-intern=", cookie, StringComparison.Ordinal);
        foreach (var part in new[] { "path=/", "secure", "httponly", "samesite=strict" })
        {
            Assert.Contains(part, cookie.Split("; "));
        }

        Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_wherever_the_cookie_is()
    {
        var client = await PortalSession.ExchangeAsync(platform.Address, await LinkAsync(), TestContext.Current.CancellationToken);
        using var before = await client.GetAsync("/api/identity/me", TestContext.Current.CancellationToken);
        using var signedOut = await client.PostAsync("/auth/sign-out", null, TestContext.Current.CancellationToken);
        using var after = await client.GetAsync("/api/identity/me", TestContext.Current.CancellationToken);
        client.Dispose();

        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, signedOut.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
    }

    [Fact]
    public void Secrets_in_the_data_folder_are_readable_by_their_owner_only()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
#pragma warning disable CA1416 // skipped above
        var loose = new[] { "keys", "keys/assertion.pem", "keys/protection", "identity" }
            .Where(name => (File.GetUnixFileMode(Path.Combine(platform.Data, name)) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0);

        Assert.Empty(loose);
#pragma warning restore CA1416
        Assert.False(File.Exists(Path.Combine(platform.Data, "welcome-token")), "A used token's file is gone.");
    }

    [Fact]
    public async Task A_project_keeps_an_owner()
    {
        var me = await platform.Owner.GetFromJsonAsync<MeView>("/api/identity/me", PlatformJson.Options, TestContext.Current.CancellationToken);
        using var tenant = await platform.AddTenantAsync();
        var project = (await tenant.GetFromJsonAsync<MeView>("/api/identity/me", PlatformJson.Options, TestContext.Current.CancellationToken))!.ProjectId;
        using var answer = await tenant.DeleteAsync($"/api/identity/projects/{project}/members/{me!.UserId}", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
    }

    [Fact]
    public async Task Every_mutation_is_in_the_audit()
    {
        using var tenant = await platform.AddTenantAsync();
        var key = await platform.AddKeyAsync(tenant);
        using var revoked = await tenant.DeleteAsync($"/api/identity/keys/{key.Key.Id}", TestContext.Current.CancellationToken);
        await RunningStandalone.PostAsync<UserView>(tenant, "/api/identity/users", new CreateUser { Name = $"audited-{Guid.NewGuid():N}"[..20] });

        var actions = (await platform.ListAsync<AuditEntry>(tenant, "/api/identity/audit")).Select(entry => entry.Action);

        Assert.Equal(["user.create", "key.revoke", "key.create"], actions);
    }

    [Fact]
    public async Task A_key_holds_no_more_than_its_maker()
    {
        using var viewer = await platform.AddUserAsync(platform.Owner, "viewer");
        using var member = await platform.AddUserAsync(platform.Owner, "member");
        using var wants = await member.PostAsJsonAsync("/api/identity/keys", new CreateApiKey { Name = "big", Scopes = ["admin"] }, TestContext.Current.CancellationToken);
        using var may = await viewer.PostAsJsonAsync("/api/identity/keys", new CreateApiKey { Name = "any" }, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, wants.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, may.StatusCode);
    }

    private async Task<string> LinkAsync()
    {
        var user = await RunningStandalone.PostAsync<UserView>(platform.Owner, "/api/identity/users", new CreateUser { Name = $"linked-{Guid.NewGuid():N}"[..20] });
        return (await RunningStandalone.PostAsync<SignInLink>(platform.Owner, $"/api/identity/users/{user.Id}/links", new { })).Token;
    }

    private async Task<HttpResponseMessage> ExchangeAsync(string token)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri(platform.Address) };
        http.DefaultRequestHeaders.Add("Origin", platform.Address);
        return await http.PostAsJsonAsync("/auth/exchange", new { token }, TestContext.Current.CancellationToken);
    }
}
