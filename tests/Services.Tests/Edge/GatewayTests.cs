using System.Net;
using System.Net.WebSockets;
using System.Text;
using InternPlatform.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace InternPlatform.Services.Tests.Edge;

/// <summary>What the gateway passes on, and where.</summary>
public sealed class GatewayTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_address_leads_to_its_service()
    {
        await using var catalog = await StubService.StartAsync("catalog");
        await using var deployment = await StubService.StartAsync("deployment");
        await using var portal = await StubService.StartAsync("portal");
        await using var gateway = await RunningGateway.StartAsync(
            new Dictionary<string, string> { ["catalog"] = catalog.Address, ["deployment"] = deployment.Address, ["portal"] = portal.Address });

        foreach (var (path, answer) in new Dictionary<string, string>
        {
            ["/api/catalog/datasets"] = "catalog /api/catalog/datasets",
            ["/api/catalog/jobs/1/events"] = "catalog /api/catalog/jobs/1/events",
            ["/api/catalog/uploads/1"] = "catalog /api/catalog/uploads/1",
            ["/openapi/catalog.json"] = "catalog /openapi/catalog.json",
            ["/api/deployment/deployments"] = "deployment /api/deployment/deployments",
            ["/v1/models"] = "deployment /v1/models",
            ["/data/sets"] = "portal /data/sets",
        })
        {
            Assert.Equal(answer, await gateway.Http.GetStringAsync(path, Cancel));
        }

        using var stranger = new HttpClient { BaseAddress = new Uri(gateway.Address) };
        using var refused = await stranger.GetAsync("/api/catalog/datasets", Cancel);
        using var page = await stranger.GetAsync("/welcome", Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    [Fact]
    public async Task A_circuit_stays_with_its_instance_of_the_portal_while_that_is_there()
    {
        var instances = new Dictionary<string, StubService> { ["one"] = await StubService.StartAsync("one"), ["two"] = await StubService.StartAsync("two") };
        await using var gateway = await RunningGateway.StartAsync(
            new Dictionary<string, string> { ["portal"] = string.Join(';', instances.Values.Select(instance => instance.Address)) });
        using var browser = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(gateway.Address) };

        var first = (await browser.GetStringAsync("/", Cancel)).Split(' ')[0];
        for (var i = 0; i < 20; i++)
        {
            Assert.StartsWith(first, await browser.GetStringAsync("/page", Cancel), StringComparison.Ordinal);
        }

        await instances[first].DisposeAsync();
        var second = (await browser.GetStringAsync("/page", Cancel)).Split(' ')[0];
        Assert.NotEqual(first, second);
        await instances[second].DisposeAsync();
    }

    [Fact]
    public async Task An_event_arrives_while_its_stream_is_open()
    {
        var goOn = new TaskCompletionSource();
        await using var catalog = await StubService.StartAsync(routes => routes.MapGet("/api/catalog/jobs/{id}/events", async (HttpResponse response) =>
        {
            response.ContentType = "text/event-stream";
            await response.WriteAsync("event: first\n\n", Cancel);
            await response.Body.FlushAsync(Cancel);
            await goOn.Task;
            await response.WriteAsync("event: second\n\n", Cancel);
        }));
        await using var gateway = await RunningGateway.StartAsync(new Dictionary<string, string> { ["catalog"] = catalog.Address });

        using var answer = await gateway.Http.GetAsync("/api/catalog/jobs/1/events", HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        Assert.Equal("event: first", await lines.ReadLineAsync(Cancel));
        goOn.SetResult();

        Assert.Contains("event: second", await lines.ReadToEndAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_of_the_portal_passes_both_ways()
    {
        await using var portal = await StubService.StartAsync(routes => routes.Map("/_blazor", async (HttpContext http) =>
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[100];
            for (var i = 0; i < 3; i++)
            {
                var heard = await socket.ReceiveAsync(buffer, Cancel);
                await socket.SendAsync(buffer.AsMemory(0, heard.Count), WebSocketMessageType.Text, endOfMessage: true, Cancel);
            }
        }));
        await using var gateway = await RunningGateway.StartAsync(new Dictionary<string, string> { ["portal"] = portal.Address });
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", gateway.Address);
        await socket.ConnectAsync(new Uri($"{gateway.Address.Replace("http", "ws", StringComparison.Ordinal)}/_blazor"), Cancel);
        var buffer = new byte[100];
        foreach (var word in (string[])["one", "two", "three"])
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(word), WebSocketMessageType.Text, endOfMessage: true, Cancel);
            var heard = await socket.ReceiveAsync(buffer.AsMemory(), Cancel);
            Assert.Equal(word, Encoding.ASCII.GetString(buffer, 0, heard.Count));
        }
    }

    [Fact]
    public async Task Silence_ends_an_ordinary_call_and_not_an_event_stream()
    {
        await using var catalog = await StubService.StartAsync(routes =>
        {
            routes.MapGet("/api/catalog/slow", (HttpContext http) => Task.Delay(Timeout.Infinite, http.RequestAborted));
            routes.MapGet("/api/catalog/jobs/{id}/events", async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(2.5), Cancel);
                return "at last";
            });
        });
        await using var gateway = await RunningGateway.StartAsync(new Dictionary<string, string> { ["catalog"] = catalog.Address }, "--Edge:AnswerSeconds", "1");

        var stream = gateway.Http.GetStringAsync("/api/catalog/jobs/1/events", Cancel);
        using var late = await gateway.Http.GetAsync("/api/catalog/slow", Cancel);

        Assert.Equal(HttpStatusCode.GatewayTimeout, late.StatusCode);
        Assert.Equal("urn:intern-platform:edge:answer-late", (await RunningGateway.JsonOfAsync(late)).GetProperty("type").GetString());
        Assert.Equal("at last", await stream);
    }

    [Fact]
    public async Task Signing_out_while_identity_is_away_says_so()
    {
        await using var gateway = await RunningGateway.StartAsync(new Dictionary<string, string>());
        using var person = await PortalSession.ExchangeAsync(gateway.Address, "token", Cancel);
        using var known = await person.GetAsync("/scalar", Cancel);
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        await gateway.Identity.DisposeAsync();

        using var answer = await person.PostAsync("/auth/sign-out", null, Cancel);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("urn:intern-platform:edge:identity-away", (await RunningGateway.JsonOfAsync(answer)).GetProperty("type").GetString());
    }
}
