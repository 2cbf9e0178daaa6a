using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using InternPlatform.Services.Tests.Hosting;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Edge;

/// <summary>Every refusal is a problem with a urn and a trace id; under /v1 it has OpenAI's form.</summary>
public sealed class RefusalFormTests(RunningStandalone platform) : IClassFixture<RunningStandalone>
{
    public static TheoryData<string, string, string?, string?, int> Refusals => new()
    {
        { "GET", "/api/identity/nothing", null, null, 404 },
        { "PATCH", "/api/identity/keys", null, null, 405 },
        { "POST", "/api/identity/keys", "text/plain", "name", 415 },
        { "POST", "/api/identity/keys", "application/json", "{\"na", 400 },
        { "POST", "/api/identity/keys", "application/json", "{}", 400 },
        { "POST", "/api/identity/keys", "application/json", "{\"name\":null}", 400 },
        { "POST", "/api/identity/keys", "application/json", "{\"name\":\"\"}", 400 },
        { "GET", "/api/identity/audit?limit=x", null, null, 400 },
        { "GET", "/api/identity/audit?limit=0", null, null, 400 },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_refusal_is_a_problem(string method, string path, string? type, string? body, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = type is null ? null : new StringContent(body!, Encoding.UTF8, type);
        using var answer = await platform.Owner.SendAsync(request, TestContext.Current.CancellationToken);
        var problem = await JsonOfAsync(answer);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("urn:intern-platform:", problem.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.NotEqual("", problem.GetProperty("traceId").GetString());
        Assert.DoesNotContain("InternPlatform.", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_field_is_named()
    {
        using var answer = await platform.Owner.PostAsJsonAsync("/api/identity/keys", new { }, TestContext.Current.CancellationToken);

        Assert.Equal("is required", (await JsonOfAsync(answer)).GetProperty("errors").GetProperty("name")[0].GetString());
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_before_it_is_sent()
    {
        var key = (await platform.AddKeyAsync(platform.Owner)).Secret;
        var address = new Uri(platform.Address);
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        await using var stream = socket.GetStream();
        // The head alone: not one byte of the five million follows.
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /api/identity/keys HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 5000000\r\n\r\n"),
            TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);

        Assert.Equal("HTTP/1.1 413 Payload Too Large", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(-1, 400)]
    [InlineData(0, 400)]
    [InlineData(1, 413)]
    public async Task The_limit_is_exact(int over, int status)
    {
        var body = new byte[(1 << 20) + over];
        Array.Fill(body, (byte)' ');
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        using var answer = await platform.Owner.PostAsync("/api/identity/keys", content, TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Under_v1_errors_have_OpenAIs_form()
    {
        using var stranger = PortalSession.WithKey(platform.Address, "sk-nobody");
        using var answer = await stranger.GetAsync("/v1/models", TestContext.Current.CancellationToken);
        var error = (await JsonOfAsync(answer)).GetProperty("error");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("invalid_api_key", error.GetProperty("code").GetString());
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Equal(JsonValueKind.Null, error.GetProperty("param").ValueKind);
    }

    [Fact]
    public async Task A_person_without_a_session_is_led_to_the_welcome_page()
    {
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(platform.Address) };
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        using var answer = await browser.GetAsync("/data", TestContext.Current.CancellationToken);

        Assert.Equal("/welcome", new Uri(new Uri(platform.Address), answer.Headers.Location!).AbsolutePath);
    }

    [Fact]
    public async Task Answers_carry_the_guarding_headers()
    {
        using var answer = await platform.Owner.GetAsync("/api/identity/me", TestContext.Current.CancellationToken);

        Assert.Contains("script-src 'self'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.False(answer.Headers.Contains("Server"));
    }

    private static async Task<JsonElement> JsonOfAsync(HttpResponseMessage answer)
    {
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return document.RootElement.Clone();
    }
}
