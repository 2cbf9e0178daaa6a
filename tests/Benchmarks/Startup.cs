using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Tests.Support;

namespace InternPlatform.Benchmarks;

/// <summary>
/// The embedded host from its start to the portal, its memory when idle, its first loss point and its first token; the distributed profile from its start until its
/// gateway is ready, and the memory of all its processes. Measured, one run.
/// </summary>
internal static class Startup
{
    private const int Chats = 20;

    public static async Task RunAsync()
    {
        var (distributed, distributedIdle) = await DistributedAsync();
        using var data = new TemporaryFolder();
        var clock = Stopwatch.StartNew();
        await using var platform = new PlatformProcess(data.Path);
        await platform.StartAsync();
        await PortalAnswersAsync(platform);
        var embedded = clock.Elapsed.TotalSeconds;

        await Task.Delay(TimeSpan.FromSeconds(20));
        var idle = ResidentMegabytes(platform.Id);

        using var client = platform.ClientWith(await platform.CreateKeyAsync(await platform.SignInAsync()));
        var tour = await client.StartTourAsync(tokenBudget: 200_000);
        var firstLoss = await FirstLossAsync(client, tour);
        var run = await client.WaitForEndAsync(tour, TimeSpan.FromMinutes(10));
        if (run.State != PipelineState.Succeeded)
        {
            throw new InvalidOperationException(run.Describe());
        }

        var firstToken = await FirstTokensAsync(client, await client.FirstModelAsync());
        Print([("embedded_s", embedded, "F1"), ("idle_mb", idle, "F0"), ("first_loss_s", firstLoss, "F1"),
            ("first_token_p50_ms", firstToken[Chats / 2], "F0"), ("first_token_max_ms", firstToken[^1], "F0"),
            ("distributed_s", distributed, "F1"), ("distributed_idle_mb", distributedIdle, "F0")]);
    }

    private static async Task<(double Seconds, double Megabytes)> DistributedAsync()
    {
        using var data = new TemporaryFolder();
        var port = FreePort.Next();
        var clock = Stopwatch.StartNew();
        await using var host = HostProcess.Start("AppHost", ["--profile", "distributed", "--port", $"{port}", "--data", data.Path], new Dictionary<string, string>());
        await host.WaitUntilReadyAsync($"http://localhost:{port}", CancellationToken.None, TimeSpan.FromMinutes(5));
        var seconds = clock.Elapsed.TotalSeconds;
        await Task.Delay(TimeSpan.FromSeconds(20));
        var megabytes = OwnMegabytes(host.Id, data.Path);
        await host.StopAsync(CancellationToken.None);
        return (seconds, megabytes);
    }

    /// <summary>Of the host, what it started, and what works in its data folder; a page that several share counts once in all.</summary>
    private static double OwnMegabytes(int host, string data)
    {
        var processes = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => $"/proc/{name}").ToList();
        return processes.Where(process => process == $"/proc/{host}" || IsOf(process, data)).Sum(ShareMegabytes);
    }

    private static bool IsOf(string process, string data)
    {
        try
        {
            return File.ReadAllText($"{process}/cmdline").Contains(data, StringComparison.Ordinal) || File.ReadAllText($"{process}/environ").Contains(data, StringComparison.Ordinal)
                || File.ResolveLinkTarget($"{process}/cwd", returnFinalTarget: false)?.FullName.StartsWith(data, StringComparison.Ordinal) == true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;    // just gone, or another user's
        }
    }

    private static double ShareMegabytes(string process)
    {
        var line = File.ReadLines($"{process}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    private static async Task PortalAnswersAsync(PlatformProcess platform)
    {
        using var client = platform.NewClient();
        using var page = await client.GetAsync("welcome");
        page.EnsureSuccessStatusCode();
    }

    /// <summary>Seconds from the pretraining job's start to its first stored loss.</summary>
    private static async Task<double> FirstLossAsync(HttpClient client, Guid tour)
    {
        while (true)
        {
            var step = (await client.RunAsync(tour)).Steps.Single(step => step.Name == "pretrain");
            if (step is { JobId: { } job, StartedAt: { } })
            {
                var clock = Stopwatch.StartNew();
                while (await PointsAsync(client, job) == 0)
                {
                    await Task.Delay(50);
                }

                return clock.Elapsed.TotalSeconds;
            }

            await Task.Delay(50);
        }
    }

    private static async Task<long> PointsAsync(HttpClient client, Guid job)
    {
        var series = await client.GetFromJsonAsync<IReadOnlyList<MetricSeries>>($"api/pretraining/jobs/{job}/metrics?names=loss&max=10", PlatformProcess.Json);
        return series?.Sum(one => one.TotalPoints) ?? 0;
    }

    /// <summary>Milliseconds to the first content of a streamed answer, sorted.</summary>
    private static async Task<double[]> FirstTokensAsync(HttpClient client, string model)
    {
        var times = new double[Chats];
        for (var i = 0; i < Chats; i++)
        {
            var clock = Stopwatch.StartNew();
            using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions")
            {
                Content = JsonContent.Create(new { model, stream = true, max_tokens = 8, messages = new[] { new { role = "user", content = $"Repeat {1000 + i}." } } }),
            };
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            while (await reader.ReadLineAsync() is { } line && !HasContent(line))
            {
            }

            times[i] = clock.Elapsed.TotalMilliseconds;
            await reader.ReadToEndAsync();
        }

        Array.Sort(times);
        return times;
    }

    private static bool HasContent(string line)
    {
        if (!line.StartsWith("data: {", StringComparison.Ordinal))
        {
            return false;
        }

        var choices = JsonDocument.Parse(line["data: ".Length..]).RootElement.GetProperty("choices");
        return choices.GetArrayLength() > 0 && choices[0].GetProperty("delta").TryGetProperty("content", out var content) && content.GetString() is { Length: > 0 };
    }

    private static double ResidentMegabytes(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    private static void Print((string Key, double Value, string Format)[] figures)
    {
        foreach (var (key, value, format) in figures)
        {
            Console.WriteLine($"{key,-22}{value.ToString(format, CultureInfo.InvariantCulture),10}");
        }

        Console.WriteLine("startup: " + string.Join(' ', figures.Select(figure => $"{figure.Key}={figure.Value.ToString(figure.Format, CultureInfo.InvariantCulture)}")));
    }
}
