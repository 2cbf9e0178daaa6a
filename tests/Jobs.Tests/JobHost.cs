using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Jobs.Tests;

/// <summary>A real host with the test service: SQLite file and in-memory bus where nothing else is said, Kestrel on a free port, children that are this test executable.</summary>
internal sealed class JobHost : IAsyncDisposable
{
    public static readonly Originator Anna = new("anna", "Anna", Guid.Parse("01990000-0000-7000-8000-000000000001"), ["read", "write", "chat"]);
    public static readonly Originator Boris = new("boris", "Boris", Guid.Parse("01990000-0000-7000-8000-000000000002"), ["read", "write", "chat"]);
    private readonly WebApplication app;
    private readonly Assertions assertions;

    private JobHost(WebApplication app, string data)
    {
        this.app = app;
        Data = data;
        // Valid by the host's clock, whatever that is set to.
        assertions = new Assertions(app.Services.GetRequiredService<PlatformOptions>(), app.Services.GetRequiredService<TimeProvider>());
        Client = For(Anna);
    }

    public string Data { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => app.Services;

    public required ShiftedTime Time { get; init; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="data">Its data folder.</param>
    /// <param name="timings">How fast its jobs are looked after.</param>
    /// <param name="platform">Options of section Platform: other servers than those of the embedded profile.</param>
    /// <param name="listens">Whether it has consumers.</param>
    /// <param name="embedded">False: one of several processes of its service; then <paramref name="platform"/> says everything.</param>
    /// <param name="also">Registered beside the service's own.</param>
    public static async Task<JobHost> StartAsync(
        string data, JobTimings? timings = null, IReadOnlyDictionary<string, string>? platform = null, bool listens = true, bool embedded = true,
        Action<IServiceCollection>? also = null)
    {
        var time = new ShiftedTime();
        var service = TestService.Define(timings ?? new JobTimings { Poll = TimeSpan.FromMilliseconds(500) });
        service = listens ? service : service with { AddConsumers = _ => { } };
        var app = PlatformHostBuilder.Build(
            [
                $"--Platform:Data={data}", "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:Microsoft.EntityFrameworkCore=None",
                .. (platform ?? new Dictionary<string, string>()).Select(option => $"--Platform:{option.Key}={option.Value}"),
            ],
            [service],
            new HostExtensions { Name = "tests", Embedded = embedded, AddServices = builder => AddServices(builder.Services) });
        await app.StartAsync(Cancel);
        return new JobHost(app, data) { Time = time };

        void AddServices(IServiceCollection services)
        {
            services.AddSingleton<TimeProvider>(time);
            also?.Invoke(services);
        }
    }

    public HttpClient For(Originator originator)
    {
        var url = app.Urls.First(url => url.StartsWith("http://127", StringComparison.Ordinal));
        return new HttpClient(new Minting(assertions, originator)) { BaseAddress = new Uri($"{url}/api/tests/") };
    }

    public async Task<JobView> QueueAsync(CountSpec spec, string kind = "count")
    {
        var response = await PostAsync(Client, spec, kind);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel))!;
    }

    public static Task<HttpResponseMessage> PostAsync(HttpClient client, object spec, string kind = "count", string? key = null, string? name = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "jobs") { Content = JsonContent.Create(new { kind, name, spec }, options: PlatformJson.Options) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return client.SendAsync(request, Cancel);
    }

    public Task<JobView> WaitAsync(Guid id, JobState state) => WaitAsync(Client, id, view => view.State == state, $"{state}");

    public static async Task<JobView> WaitAsync(HttpClient client, Guid id, Func<JobView, bool> until, string what)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        JobView? view = null;
        try
        {
            while (true)
            {
                view = await client.GetFromJsonAsync<JobView>($"jobs/{id}", PlatformJson.Options, patience.Token);
                if (until(view!))
                {
                    return view!;
                }

                await Task.Delay(15, patience.Token);
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            throw new TimeoutException($"The job is not {what} after 30 s but {view?.State}, attempt {view?.Attempt}, {view?.Problem?.Type}, progress {view?.Progress?.Done}.");
        }
    }

    public static Task WaitUntilAsync(Func<Task<bool>> holds, string what) => WaitUntilAsync(holds, () => what);

    public static async Task WaitUntilAsync(Func<Task<bool>> holds, Func<string> what)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await holds())
        {
            Assert.False(patience.IsCancellationRequested, $"There is not {what()} after 60 s.");
            await Task.Delay(20, Cancel);
        }
    }

    public async Task<List<JobEventView>> TransitionsAsync(Guid id) => (await Client.GetFromJsonAsync<List<JobEventView>>($"jobs/{id}/transitions", PlatformJson.Options, Cancel))!;

    public async Task<List<JobLogLine>> LogsAsync(Guid id) => [.. (await Client.GetFromJsonAsync<Page<JobLogLine>>($"jobs/{id}/logs", PlatformJson.Options, Cancel))!.Items];

    public async Task<List<MetricPoint>> SquaresAsync(Guid id)
        => [.. (await Client.GetFromJsonAsync<List<MetricSeries>>($"jobs/{id}/metrics?names=square&max=20000", PlatformJson.Options, Cancel))!.Single().Points];

    public async Task<T> WithDbAsync<T>(Func<TestDb, Task<T>> use)
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<TestDb>());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        assertions.Dispose();
    }

    private sealed class Minting(Assertions assertions, Originator originator) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", assertions.Mint("tests", originator));
            return base.SendAsync(request, cancellationToken);
        }
    }
}

/// <summary>A clock that can be set forward while everything else keeps running.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
}

/// <summary>One host for the tests of a class that do not stop it.</summary>
public class SharedJobHost : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    internal JobHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await OpenAsync(folder.Path, new JobTimings
    {
        Poll = TimeSpan.FromMilliseconds(500),
        CancelGrace = TimeSpan.FromSeconds(1),
        Silence = TimeSpan.FromSeconds(3),
        Renewal = TimeSpan.FromMilliseconds(300),
    });

    public async ValueTask DisposeAsync()
    {
        if (Host is not null)
        {
            await Host.DisposeAsync();
        }

        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected virtual Task<JobHost> OpenAsync(string data, JobTimings timings) => JobHost.StartAsync(data, timings);
}
