using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using InternPlatform.ServiceDefaults;
using InternPlatform.Standalone;
using InternPlatform.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace InternPlatform.Services.Tests.Edge;

/// <summary>S2: each service's own port, past the gateway.</summary>
public sealed class ServicePortTests
{
    private const string MetricsToken = "a-token-of-the-tests";
    private static readonly Originator Anybody = new(Guid.NewGuid().ToString(), "anybody", Guid.NewGuid(), [Scopes.Read, Scopes.Write, Scopes.Chat, Scopes.Admin]);

    public static TheoryData<string> ServiceNames => [.. StandaloneHost.Services.Select(service => service.Name)];

    [Theory]
    [MemberData(nameof(ServiceNames))]
    public async Task Refuses_everything_but_health_without_a_service_identity(string name)
    {
        await using var service = await LoneService.StartAsync(name);
        var admitted = new List<string>();
        foreach (var (kind, credential) in service.WrongCredentials())
        {
            foreach (var route in service.Routes.Where(route => !route.Pattern.StartsWith("/health", StringComparison.Ordinal)))
            {
                using var request = route.Request(Guid.CreateVersion7().ToString());
                request.Headers.Authorization = credential;
                using var response = await service.Http.SendAsync(request, TestContext.Current.CancellationToken);
                if (response.StatusCode != HttpStatusCode.Unauthorized)
                {
                    admitted.Add($"{kind}: {route.Key}: {(int)response.StatusCode}");
                }
            }
        }

        admitted.AddRange(await service.OpenMetricsAsync());
        using var health = await service.Http.GetAsync("/health/live", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Empty(admitted);
    }

    [Theory]
    [MemberData(nameof(ServiceNames))]
    public async Task The_originators_rights_apply_and_not_the_services(string name)
    {
        await using var service = await LoneService.StartAsync(name);
        var reader = service.Mint(Anybody with { Scopes = [Scopes.Read] });
        var admitted = new List<string>();
        foreach (var route in service.Routes.Where(route => RouteTable.Entries.GetValueOrDefault(route.Key) is Access.Write or Access.Admin or Access.Chat or Access.Edge))
        {
            using var request = route.Request(Guid.CreateVersion7().ToString());
            request.Headers.Authorization = reader;
            using var response = await service.Http.SendAsync(request, TestContext.Current.CancellationToken);
            if (response.StatusCode != HttpStatusCode.Forbidden)
            {
                admitted.Add($"{route.Key}: {(int)response.StatusCode}");
            }
        }

        Assert.Empty(admitted);
    }

    [Theory]
    [MemberData(nameof(ServiceNames))]
    public async Task Answers_its_OpenAPI_document_to_a_service(string name)
    {
        await using var service = await LoneService.StartAsync(name);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/openapi/{name}.json");
        request.Headers.Authorization = service.Mint(Anybody);

        using var response = await service.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains($"/api/{name}/", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private sealed class LoneService(WebApplication app, TemporaryFolder folder) : IAsyncDisposable
    {
        public HttpClient Http { get; } = new() { BaseAddress = new Uri(app.Urls.First()) };

        public IReadOnlyList<PlatformRoute> Routes =>
            PlatformRoute.Of(((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>());

        public static async Task<LoneService> StartAsync(string name)
        {
            var folder = new TemporaryFolder();
            var app = PlatformHostBuilder.Build(
                [
                    "--urls", "http://127.0.0.1:0", "--Platform:Data", folder.Path, "--Platform:Bus", "memory", "--Platform:Database", "sqlite",
                    "--Platform:Artifacts", "folder", "--Platform:MetricsToken", MetricsToken, "--Platform:AssertionKey", folder.File("assertion.pem"),
                ],
                [StandaloneHost.Services.Single(service => service.Name == name)],
                new HostExtensions { Name = name });
            await app.StartAsync(TestContext.Current.CancellationToken);
            return new LoneService(app, folder);
        }

        /// <summary>Who may read the figures and should not, or the other way round.</summary>
        public async Task<IReadOnlyList<string>> OpenMetricsAsync()
        {
            var wrong = new List<string>();
            foreach (var (kind, credential) in WrongCredentials().Append(("a person", Mint(Anybody))).Append(("the token", new("Bearer", MetricsToken))))
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics") { Headers = { Authorization = credential } };
                using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
                if (response.StatusCode != (kind == "the token" ? HttpStatusCode.OK : HttpStatusCode.Unauthorized))
                {
                    wrong.Add($"{kind}: /metrics: {(int)response.StatusCode}");
                }
            }

            return wrong;
        }

        public AuthenticationHeaderValue Mint(Originator originator) =>
            new("Bearer", app.Services.GetRequiredService<Assertions>().Mint("test", originator));

        public IEnumerable<(string Kind, AuthenticationHeaderValue? Credential)> WrongCredentials()
        {
            using var foreignKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var ownKey = ECDsa.Create();
            ownKey.ImportFromPem(File.ReadAllText(folder.File("assertion.pem")));
            var now = TimeProvider.System.GetUtcNow().UtcDateTime;
            yield return ("none", null);
            yield return ("an API key", new("Bearer", "sk-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
            yield return ("another key", Token(foreignKey, SecurityAlgorithms.EcdsaSha256, Assertions.Audience, now.AddMinutes(1)));
            var id = app.Services.GetRequiredService<AssertionKeyRotation>().Keys()[0].Id;
            yield return ("another key by our key's name", Token(foreignKey, SecurityAlgorithms.EcdsaSha256, Assertions.Audience, now.AddMinutes(1), id));
            yield return ("not yet valid", Token(ownKey, SecurityAlgorithms.EcdsaSha256, Assertions.Audience, now.AddMinutes(5)));
            yield return ("expired", Token(ownKey, SecurityAlgorithms.EcdsaSha256, Assertions.Audience, now.AddMinutes(-1)));
            yield return ("another audience", Token(ownKey, SecurityAlgorithms.EcdsaSha256, "elsewhere", now.AddMinutes(1)));
            yield return ("unsigned", new("Bearer", Unsigned()));
        }

        public async ValueTask DisposeAsync()
        {
            Http.Dispose();
            await app.DisposeAsync();
            folder.Dispose();
        }

        private static AuthenticationHeaderValue Token(ECDsa key, string algorithm, string audience, DateTime expires, string id = "platform") => new("Bearer", new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = "test",
                Audience = audience,
                NotBefore = expires.AddMinutes(-2),
                IssuedAt = expires.AddMinutes(-2),
                Expires = expires,
                Claims = Claims,
                SigningCredentials = new SigningCredentials(
                    new ECDsaSecurityKey(key) { KeyId = id, CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false } }, algorithm),
            }));

        private static string Unsigned() => new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor { Issuer = "test", Audience = Assertions.Audience, Claims = Claims });

        private static Dictionary<string, object> Claims => new()
        {
            [Assertions.UserIdClaim] = Anybody.UserId,
            [Assertions.ProjectClaim] = Anybody.ProjectId.ToString(),
            [Assertions.ScopeClaim] = string.Join(' ', Anybody.Scopes),
        };
    }
}
