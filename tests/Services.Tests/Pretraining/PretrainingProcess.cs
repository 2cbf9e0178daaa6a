using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pretraining;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using InternPlatform.Tokenization;
using Xunit;

namespace InternPlatform.Services.Tests.Pretraining;

/// <summary>The pretraining service alone, as a process with real children, over a store that holds a tiny tokenizer and its shards.</summary>
public sealed class PretrainingProcess : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly int port = FreePort.Next();
    private readonly Dictionary<string, string> environment;
    private readonly Assertions assertions;
    private Process process = null!;

    public PretrainingProcess()
    {
        var options = new PlatformOptions { Data = folder.Path, AssertionKey = Path.Combine(folder.Path, "keys", "assertion.pem") };
        assertions = new Assertions(options, TimeProvider.System);
        environment = new Dictionary<string, string>
        {
            [PlatformOptions.Variable(nameof(options.Data))] = folder.Path,
            [PlatformOptions.Variable(nameof(options.Bus))] = "memory",
            [PlatformOptions.Variable(nameof(options.Database))] = "sqlite",
            [PlatformOptions.Variable(nameof(options.Artifacts))] = $"folder:{folder.Path}/artifacts",
            [PlatformOptions.Variable(nameof(options.AssertionKey))] = options.AssertionKey,
            ["OMP_NUM_THREADS"] = "1",
        };
        Store = ArtifactStores.Open(new ArtifactOptions($"folder:{folder.Path}/artifacts"), TimeProvider.System);
    }

    public IArtifactStore Store { get; }
    public string Scratch => Path.Combine(folder.Path, "scratch");
    public string TokenizerArtifact { get; private set; } = "";
    public string ShardsArtifact { get; private set; } = "";

    /// <summary>Small enough for a second of training.</summary>
    public PretrainSpec Spec(int steps) => new()
    {
        Name = "micro",
        ShardsArtifactId = ShardsArtifact,
        TokenizerArtifactId = TokenizerArtifact,
        Model = new ModelShape { HiddenSize = 32, LayerCount = 1, HeadCount = 2, KvHeadCount = 1, IntermediateSize = 64, TieWordEmbeddings = true },
        SequenceLength = 32,
        BatchSize = 4,
        TokenBudget = 32 * 4 * steps,
        WarmupSteps = 5,
        ValidateEverySteps = 10,
        CheckpointEverySteps = 5,
        ComputeType = "float32",
    };

    public async ValueTask InitializeAsync()
    {
        await MakeInputsAsync();
        var start = new ProcessStartInfo("dotnet", [RepositoryFolder.Output("Pretraining", "InternPlatform.Pretraining.dll"), "--urls", $"http://127.0.0.1:{port}"])
        {
            RedirectStandardInput = true,
            WorkingDirectory = folder.Path,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        process = Process.Start(start)!;
        using var client = Client();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await AnswersAsync(client))
        {
            Assert.False(process.HasExited, "the service ended");
            Assert.False(limit.IsCancellationRequested, "the service did not become ready");
            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        Dispose();
    }

    public void Dispose()
    {
        assertions.Dispose();
        folder.Dispose();
    }

    public HttpClient Client()
    {
        var originator = new Originator("user", "User", Guid.Parse("00000000-0000-7000-8000-000000000001"), [Scopes.Read, Scopes.Write]);
        var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", assertions.Mint("test", originator));
        return client;
    }

    public async Task<HttpResponseMessage> PostAsync(PretrainSpec spec)
    {
        using var client = Client();
        var body = new StartJob { Kind = "pretrain", Spec = JsonSerializer.SerializeToElement(spec, PlatformJson.Options) };
        return await client.PostAsJsonAsync("api/pretraining/jobs", body, PlatformJson.Options);
    }

    public async Task<JobView> StartAsync(PretrainSpec spec)
    {
        using var answer = await PostAsync(spec);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options))!;
    }

    public async Task<JobView> JobAsync(Guid id)
    {
        using var client = Client();
        return (await client.GetFromJsonAsync<JobView>($"api/pretraining/jobs/{id}", PlatformJson.Options))!;
    }

    public async Task<JobView> WhenAsync(Guid id, Func<JobView, bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (true)
        {
            var job = await JobAsync(id);
            if (condition(job))
            {
                return job;
            }

            if (job.State is JobState.Failed or JobState.Cancelled)
            {
                Assert.Fail($"{job.State}: {job.Problem?.Title} {job.Problem?.Detail}{Environment.NewLine}{Printed(id)}");
            }

            Assert.False(limit.IsCancellationRequested, $"after 120 s: {job.State}, {job.Progress?.Done} of {job.Progress?.Total}");
            await Task.Delay(50);
        }
    }

    public async Task<PretrainResult> ResultAsync(Guid id) =>
        (await WhenAsync(id, job => job.State == JobState.Succeeded)).Result!.Value.Deserialize<PretrainResult>(PlatformJson.Options)!;

    /// <summary>kill -9 of the training child.</summary>
    public void KillChild()
    {
        using var child = Process.GetProcessById(Assert.Single(ChildProcesses.Of(process.Id)));
        child.Kill();
    }

    /// <summary>What the child printed: the stack of what it died of.</summary>
    private string Printed(Guid job)
    {
        var output = Path.Combine(folder.Path, "pretraining", "jobs", $"{job}", "output.txt");
        return File.Exists(output) ? File.ReadAllText(output) : "The child printed nothing.";
    }

    private static async Task<bool> AnswersAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync("health/ready");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task MakeInputsAsync()
    {
        var texts = Enumerable.Range(0, 400).Select(i => $"The {(i % 3 == 0 ? "red" : "blue")} bell of house {i % 7} rings {i % 5} times, and then it is quiet. ").ToList();
        var tokenizer = BpeTrainer.Train(texts, new BpeTrainingOptions { VocabularySize = 400 }, null, CancellationToken.None);
        var tokenizerFolder = Path.Combine(Scratch, "tokenizer");
        Directory.CreateDirectory(tokenizerFolder);
        tokenizer.Save(tokenizerFolder);
        TokenizerArtifact = await Store.PutFolderAsync("tokenizer", tokenizerFolder, new Dictionary<string, string>(), CancellationToken.None);

        var shards = Path.Combine(Scratch, "shards");
        Write(Path.Combine(shards, "train", "en", "part-0.bin"), tokenizer, texts[..380]);
        Write(Path.Combine(shards, "valid", "en", "bells", "valid.bin"), tokenizer, texts[380..390]);
        Write(Path.Combine(shards, "valid", "en", "other", "valid.bin"), tokenizer, texts[390..]);
        await File.WriteAllTextAsync(Path.Combine(shards, "mixture.json"), """[{"name":"Bells | 钟","folder":"bells"}]""");
        ShardsArtifact = await Store.PutFolderAsync("shards", shards, new Dictionary<string, string>(), CancellationToken.None);
    }

    private static void Write(string path, Tokenizer tokenizer, List<string> texts)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var shard = new TokenShardWriter(path);
        foreach (var text in texts)
        {
            shard.Add(tokenizer.Encode(text));
        }

        shard.Complete();
    }
}
