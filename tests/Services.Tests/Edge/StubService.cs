using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InternPlatform.Services.Tests.Edge;

/// <summary>A service that a test writes in a line or two: Kestrel on a port of its own, health, and a count of what it was asked besides.</summary>
internal sealed class StubService : IAsyncDisposable
{
    private readonly WebApplication app;
    private int asked;

    private StubService(WebApplication app)
    {
        this.app = app;
    }

    public string Address => app.Urls.First();

    public int Asked => Volatile.Read(ref asked);

    /// <summary>What <c>/health/ready</c> says.</summary>
    public bool Ready { get; set; } = true;

    public static async Task<StubService> StartAsync(Action<IEndpointRouteBuilder> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var stub = new StubService(builder.Build());
        stub.app.UseWebSockets();
        stub.app.Use(stub.CountAsync);
        stub.app.MapGet("/health/ready", () => stub.Ready ? Results.Ok() : Results.StatusCode(StatusCodes.Status503ServiceUnavailable));
        map(stub.app);
        await stub.app.StartAsync(TestContext.Current.CancellationToken);
        return stub;
    }

    /// <summary>One that answers everything with its name and the path.</summary>
    public static Task<StubService> StartAsync(string name) => StartAsync(routes => routes.Map("{**path}", (HttpContext http) => $"{name} {http.Request.Path}"));

    /// <summary>Connections are cut, as if its process had been killed.</summary>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
    }

    private Task CountAsync(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.Path.StartsWithSegments("/health"))
        {
            Interlocked.Increment(ref asked);
        }

        return next(context);
    }
}
