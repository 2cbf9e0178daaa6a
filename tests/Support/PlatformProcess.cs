using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using InternPlatform.Contracts.Identity;

namespace InternPlatform.Tests.Support;

/// <summary>The standalone host as a real process on a free port, with a data folder that outlives it.</summary>
public sealed class PlatformProcess : IAsyncDisposable
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly ConcurrentQueue<string> output = new();
    private readonly string program;
    private Process? process;

    public PlatformProcess(string data, string? program = null, int? port = null)
    {
        Data = data;
        this.program = program ?? RepositoryFolder.Output("Standalone", "InternPlatform.Standalone.dll");
        Port = port ?? FreePort.Next();
    }

    public string Data { get; }
    public int Port { get; }

    /// <summary>Environment variables beside the data folder.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
    public int Id => process!.Id;
    public string Address => $"http://localhost:{Port}";
    public string Output => string.Join(Environment.NewLine, output);

    public async Task StartAsync(string? workingFolder = null)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in (string[])[program, "--urls", Address])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["Platform__Data"] = Data;
        foreach (var (name, value) in Settings)
        {
            start.Environment[name] = value;
        }

        start.WorkingDirectory = workingFolder ?? Path.GetTempPath();
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await WaitUntilReadyAsync();
    }

    /// <summary>kill -9: nothing is flushed, nobody is told.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
        {
            using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        process?.Dispose();
    }

    /// <summary>The link that a person would click, with its one-time token.</summary>
    public async Task<string> WelcomeLinkAsync() => $"{Address}/welcome#token={(await File.ReadAllTextAsync(Path.Combine(Data, "welcome-token"))).Trim()}";

    /// <summary>The session cookie, as <c>name=value</c>, got by spending the one-time token.</summary>
    public async Task<string> SignInAsync()
    {
        var token = (await File.ReadAllTextAsync(Path.Combine(Data, "welcome-token"))).Trim();
        using var client = NewClient();
        client.DefaultRequestHeaders.Add("Origin", Address);
        using var response = await client.PostAsJsonAsync("auth/exchange", new ExchangeToken { Token = token }, Json);
        response.EnsureSuccessStatusCode();
        return response.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    public async Task<string> CreateKeyAsync(string cookie)
    {
        using var client = NewClient();
        client.DefaultRequestHeaders.Add("Origin", Address);
        client.DefaultRequestHeaders.Add("Cookie", cookie);
        using var response = await client.PostAsJsonAsync("api/identity/keys", new CreateApiKey { Name = $"test {Guid.NewGuid():N}" }, Json);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<ApiKeyCreated>(Json))!.Secret;
    }

    public HttpClient ClientWith(string key)
    {
        var client = NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    public HttpClient NewClient() => new(new SocketsHttpHandler { UseCookies = false, UseProxy = false, AllowAutoRedirect = false })
    {
        BaseAddress = new Uri(Address + "/"),
        Timeout = TimeSpan.FromSeconds(60),
    };

    /// <summary>Process ids of this host's children, from /proc.</summary>
    public IReadOnlyList<int> Children() => ChildProcesses.Of(Id);

    private async Task WaitUntilReadyAsync()
    {
        using var client = NewClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await AnswersAsync(client, limit.Token))
        {
            if (process!.HasExited || limit.IsCancellationRequested)
            {
                throw new InvalidOperationException($"The host did not become ready:{Environment.NewLine}{Output}");
            }

            await Task.Delay(100);
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient client, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.GetAsync("health/ready", cancellationToken);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            output.Enqueue(line);
        }
    }
}
