using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Npgsql;
using RabbitMQ.Client;

namespace InternPlatform.Benchmarks;

/// <summary>
/// The outbox of a real service over RabbitMQ and PostgreSQL, beside RabbitMQ's own client with nothing around it; and how long a job waits for its start.
/// Measured, one run.
/// </summary>
internal static class Bus
{
    private const int Messages = 20_000;
    private const int Jobs = 30;
    private static readonly Originator Person = new("bench", "bench", Guid.Parse("01990000-0000-7000-8000-0000000000be"), [Scopes.Read, Scopes.Write]);

    public static async Task RunAsync()
    {
        if (TestServers.Missing is { } missing)
        {
            throw new InvalidOperationException(missing);
        }

        using var data = new TemporaryFolder();
        await using var servers = new TestServers();
        var platform = await servers.NewAsync();
        await using var pipelines = await StartAsync("Pipelines", data.Path, platform);
        await using var catalog = await StartAsync("Catalog", data.Path, platform);

        var bare = await BareAsync(platform["Bus"]);
        await DrainAsync(platform["Database"], 2_000);    // warm
        var outbox = await DrainAsync(platform["Database"], Messages);
        var starts = await JobStartsAsync(catalog, Path.Combine(data.Path, "assertion.pem"));
        Print([("outbox_per_s", outbox, "F0"), ("bare_client_per_s", bare, "F0"), ("share", outbox / bare, "F2"),
            ("accepted_to_started_p50_ms", starts[Jobs / 2], "F0"), ("accepted_to_started_max_ms", starts[^1], "F0")]);
    }

    private static async Task<Service> StartAsync(string project, string data, IReadOnlyDictionary<string, string> platform)
    {
        var address = $"http://localhost:{FreePort.Next()}";
        var host = HostProcess.Start(project, [], new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = address,
            ["Platform__Data"] = data,
            ["Platform__Bus"] = platform["Bus"],
            ["Platform__Database"] = platform["Database"],
            ["Platform__Artifacts"] = $"folder:{data}/artifacts",
            ["Platform__AssertionKey"] = Path.Combine(data, "assertion.pem"),
        });
        await host.WaitUntilReadyAsync(address, CancellationToken.None);
        return new Service(host, address);
    }

    /// <summary>Messages a second that the broker has confirmed, 500 under way at once, into a quorum queue.</summary>
    private static async Task<double> BareAsync(string bus)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(bus) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        await channel.QueueDeclareAsync("bare", durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        var body = new byte[700];    // about as long as one of ours
        var properties = new BasicProperties { DeliveryMode = DeliveryModes.Persistent };
        var clock = Stopwatch.StartNew();
        for (var sent = 0; sent < Messages; sent += 500)
        {
            await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => channel.BasicPublishAsync("", "bare", mandatory: true, properties, body).AsTask()));
        }

        var rate = Messages / clock.Elapsed.TotalSeconds;
        await channel.QueueDeleteAsync("bare");
        return rate;
    }

    /// <summary>Rows of one transaction in catalog's outbox, from the first that is gone to the last.</summary>
    private static async Task<double> DrainAsync(string database, int messages)
    {
        await using var source = NpgsqlDataSource.Create(database.Replace("{name}", "catalog", StringComparison.Ordinal));
        await using (var insert = source.CreateCommand($$"""
            INSERT INTO outbox ("Id", "Type", "Body", "CreatedAt", "Tries")
            SELECT gen_random_uuid(), 'InternPlatform.Contracts.Jobs.JobChanged',
              '{"service":"bench","jobId":"' || gen_random_uuid() || '","projectId":"' || gen_random_uuid() || '","kind":"import","state":"running","sequence":1}', now(), 0
            FROM generate_series(1, {{messages}})
            """))
        {
            await insert.ExecuteNonQueryAsync();
        }

        await using var left = source.CreateCommand("SELECT count(*) FROM outbox");
        var (clock, first) = (new Stopwatch(), 0L);
        while (true)
        {
            var count = (long)(await left.ExecuteScalarAsync())!;
            if (count < messages && !clock.IsRunning)
            {
                first = count;
                clock.Start();
            }

            if (count == 0)
            {
                return first / clock.Elapsed.TotalSeconds;
            }

            await Task.Delay(10);
        }
    }

    /// <summary>Milliseconds from the stored acceptance to the stored start, sorted.</summary>
    private static async Task<double[]> JobStartsAsync(Service catalog, string keyFile)
    {
        using var assertions = new Assertions(new PlatformOptions { AssertionKey = keyFile }, TimeProvider.System);
        using var client = new HttpClient { BaseAddress = new Uri(catalog.Address) };
        var waits = new double[Jobs];
        for (var i = 0; i < Jobs; i++)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", assertions.Mint("bench", Person));
            using var response = await client.PostAsJsonAsync("api/catalog/jobs", new { kind = "import", spec = new { name = $"bench-{i}", sample = new { seed = i, documents = 20 } } });
            response.EnsureSuccessStatusCode();
            var job = (await response.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options))!;
            while (job.EndedAt is null)
            {
                await Task.Delay(20);
                job = (await client.GetFromJsonAsync<JobView>($"api/catalog/jobs/{job.Id}", PlatformJson.Options))!;
            }

            var story = (await client.GetFromJsonAsync<List<JobEventView>>($"api/catalog/jobs/{job.Id}/transitions", PlatformJson.Options))!;
            waits[i] = (story.First(change => change.To == JobState.Preparing).At - story[0].At).TotalMilliseconds;
        }

        Array.Sort(waits);
        return waits;
    }

    private static void Print((string Key, double Value, string Format)[] figures)
    {
        foreach (var (key, value, format) in figures)
        {
            Console.WriteLine($"{key,-30}{value.ToString(format, CultureInfo.InvariantCulture),10}");
        }

        Console.WriteLine("bus: " + string.Join(' ', figures.Select(figure => $"{figure.Key}={figure.Value.ToString(figure.Format, CultureInfo.InvariantCulture)}")));
    }

    private sealed record Service(HostProcess Host, string Address) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}
