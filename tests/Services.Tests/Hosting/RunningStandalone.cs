using System.Net.Http.Json;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using InternPlatform.Standalone;
using InternPlatform.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InternPlatform.Services.Tests.Hosting;

/// <summary>The standalone host in this process, on a free port and a folder of its own, with everything it logs.</summary>
public sealed class RunningStandalone : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private WebApplication? app;

    public string Data => folder.Path;

    public string Address { get; private set; } = "";

    public EverythingLogged Log { get; } = new();

    public HttpClient Owner { get; private set; } = null!;

    public IServiceProvider Services => app!.Services;

    public IReadOnlyList<RouteEndpoint> Routes =>
        [.. ((IEndpointRouteBuilder)app!).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()];

    public ValueTask InitializeAsync() => StartAsync([]);

    public async ValueTask StartAsync(IReadOnlyList<string> arguments)
    {
        app = PlatformHostBuilder.Build(
            ["--urls", "http://127.0.0.1:0", "--Platform:Data", Data, "--Platform:PrintLink", "false", "--Edge:SignInsPerMinute", "100000", .. arguments],
            StandaloneHost.Services,
            StandaloneHost.Extensions with { AddServices = AddServices });
        await app.StartAsync(TestContext.Current.CancellationToken);
        Address = app.Urls.First(url => url.StartsWith("http://127", StringComparison.Ordinal));
        Owner = await PortalSession.SignInAsync(Address, Data, TestContext.Current.CancellationToken);
    }

    /// <summary>A new user in a project of the caller, signed in.</summary>
    public async Task<HttpClient> AddUserAsync(HttpClient by, string role)
    {
        var stop = TestContext.Current.CancellationToken;
        var user = await PostAsync<UserView>(by, "/api/identity/users", new CreateUser { Name = $"{role}-{Guid.NewGuid():N}"[..20], Role = role });
        var link = await PostAsync<SignInLink>(by, $"/api/identity/users/{user.Id}/links", new { });
        return await PortalSession.ExchangeAsync(Address, link.Token, stop);
    }

    /// <summary>The owner, in a new project.</summary>
    public async Task<HttpClient> AddTenantAsync()
    {
        var project = await PostAsync<ProjectView>(Owner, "/api/identity/projects", new CreateProject { Name = $"tenant-{Guid.NewGuid():N}"[..20] });
        var tenant = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = new Uri(Address) };
        foreach (var header in Owner.DefaultRequestHeaders)
        {
            tenant.DefaultRequestHeaders.Add(header.Key, header.Value);
        }

        tenant.DefaultRequestHeaders.Add("X-Intern-Project", project.Id.ToString());
        return tenant;
    }

    public Task<ApiKeyCreated> AddKeyAsync(HttpClient by, params string[] scopes) => PostAsync<ApiKeyCreated>(
        by, "/api/identity/keys", new CreateApiKey { Name = "test", Scopes = scopes.Length > 0 ? scopes : null });

    public async Task<HttpClient> AddKeyClientAsync(HttpClient by, params string[] scopes) =>
        PortalSession.WithKey(Address, (await AddKeyAsync(by, scopes)).Secret);

    public async Task<IReadOnlyList<T>> ListAsync<T>(HttpClient by, string path) =>
        (await by.GetFromJsonAsync<Page<T>>(path, PlatformJson.Options, TestContext.Current.CancellationToken))!.Items;

    public static async Task<T> PostAsync<T>(HttpClient by, string path, object body)
    {
        using var response = await by.PostAsJsonAsync(path, body, PlatformJson.Options, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
        return (await response.Content.ReadFromJsonAsync<T>(PlatformJson.Options, TestContext.Current.CancellationToken))!;
    }

    public async ValueTask DisposeAsync()
    {
        Owner?.Dispose();
        if (app is not null)
        {
            await app.DisposeAsync();
        }

        folder.Dispose();
    }

    private void AddServices(WebApplicationBuilder builder)
    {
        StandaloneHost.Extensions.AddServices(builder);
        builder.Logging.AddFilter<EverythingLogged>(null, LogLevel.Trace);
        builder.Services.AddSingleton<ILoggerProvider>(Log);
    }
}
