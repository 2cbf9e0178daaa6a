using System.Text.Json;
using InternPlatform.Contracts.Identity;
using InternPlatform.Gateway;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace InternPlatform.Services.Tests.Edge;

/// <summary>The gateway as it is, in front of services that a test writes and an identity that knows everybody.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly TemporaryFolder folder;

    private RunningGateway(WebApplication app, TemporaryFolder folder, StubService identity)
    {
        (this.app, this.folder, Identity) = (app, folder, identity);
        Http = PortalSession.WithKey(Address, "sk-anybody");
    }

    public string Address => app.Urls.First();

    public StubService Identity { get; }

    /// <summary>Somebody with every right.</summary>
    public HttpClient Http { get; }

    /// <param name="services">Name of each service and its addresses.</param>
    /// <param name="arguments">More of the gateway's command line.</param>
    public static async Task<RunningGateway> StartAsync(IReadOnlyDictionary<string, string> services, params string[] arguments)
    {
        var folder = new TemporaryFolder();
        var identity = await StubService.StartAsync(routes =>
        {
            var caller = new CallerIdentity { UserId = Guid.NewGuid(), UserName = "anybody", ProjectId = Guid.NewGuid(), Scopes = [Scopes.Read, Scopes.Write, Scopes.Chat, Scopes.Admin] };
            routes.MapPost("/api/identity/introspect", () => Results.Json(caller, PlatformJson.Options));
            routes.MapPost("/api/identity/sessions", () => Results.Json(
                new SessionView { SessionId = Guid.NewGuid(), UserName = "anybody", ExpiresAt = TimeProvider.System.GetUtcNow().AddHours(1) }, PlatformJson.Options));
            routes.MapDelete("/api/identity/sessions/{id}", () => Results.NoContent());
        });
        var app = PlatformHostBuilder.Build(
            [
                "--urls", "http://127.0.0.1:0", .. Options(folder.Path), "--Platform:PrintLink", "false", "--Platform:Services:identity", identity.Address,
                .. services.SelectMany(service => (string[])[$"--Platform:Services:{service.Key}", service.Value]), "--Logging:LogLevel:Yarp", "None", .. arguments,
            ],
            [],
            GatewayHost.Extensions);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RunningGateway(app, folder, identity);
    }

    /// <summary>All that a process needs which runs without servers.</summary>
    public static IEnumerable<string> Options(string data) =>
    [
        "--Platform:Data", data, "--Platform:Bus", "memory", "--Platform:Database", "sqlite", "--Platform:Artifacts", "folder",
        "--Platform:AssertionKey", Path.Combine(data, "assertion.pem"),
    ];

    public static async Task<JsonElement> JsonOfAsync(HttpResponseMessage answer) =>
        JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
        await Identity.DisposeAsync();
        folder.Dispose();
    }
}
