using InternPlatform.Inference.Engine;
using InternPlatform.Models;
using InternPlatform.Tests.Support;

namespace InternPlatform.Benchmarks;

/// <summary>
/// One sequence's tokens a second with 1.1 billion weights in Q4_0, Q4_K_M and Q8_0, on one and two threads, beside llama.cpp on the same file, in turn; with a neighbour on one core;
/// the load of the file and its memory against the plan; what a token of a tiny model costs. Measured, medians.
/// </summary>
internal static class Decode
{
    private const int Rounds = 5;
    private const int PromptTokens = 8;
    private const int NewTokens = 48;

    public static async Task RunAsync()
    {
        using var data = new TemporaryFolder();
        var files = new[] { "q4", "q4km", "q8" }.Select(name => (Name: name, Path: BigModel.Write(data.Path, name))).ToList();
        var loads = new List<(string Key, double Value)>();
        foreach (var (name, path) in files)
        {
            loads.AddRange((await Load.InChildAsync(path)).Select(figure => ($"{figure.Key}_{name}", figure.Value)));
        }

        var figures = new Figures("decode");
        loads.ForEach(load => figures.Add(load.Key, load.Value, "0.###"));
        foreach (var (name, path) in files)
        {
            foreach (var threads in new[] { 1, 2 })
            {
                await CompareAsync(figures, path, name, threads);
            }
        }

        await NeighbourAsync(figures, files[0].Path);
        await TinyAsync(figures);
        figures.Print();
    }

    private static async Task CompareAsync(Figures figures, string path, string name, int threads)
    {
        var (engine, _) = BigModel.Start(path, threads);
        var bandwidth = MemoryBandwidth.Read(threads);
        var (ours, theirs) = (new List<double>(), new List<double>());
        await BigModel.DecodeSpeedAsync(engine, 1, PromptTokens, NewTokens);
        var before = engine.AllocatedBytes;
#if PEERS
        using var peer = new LlamaCpp(path, threads);
        peer.DecodeSpeed(PromptTokens, NewTokens);
#endif
        for (var round = 0; round < Rounds; round++)
        {
            ours.Add(await BigModel.DecodeSpeedAsync(engine, 1, PromptTokens, NewTokens));
#if PEERS
            theirs.Add(peer.DecodeSpeed(PromptTokens, NewTokens));
#endif
        }

        figures.Add($"tps_{name}_{threads}t", BigModel.Median(ours), "F1");
        figures.Add($"bandwidth_share_{name}_{threads}t", BigModel.Median(ours) * engine.Plan.WeightBytes / 1e9 / bandwidth, "F2");
        figures.Add($"alloc_bytes_{name}_{threads}t", (engine.AllocatedBytes - before) / (double)(Rounds * NewTokens), "F0");
        if (theirs.Count > 0)
        {
            figures.Add($"llamacpp_tps_{name}_{threads}t", BigModel.Median(theirs), "F1");
            figures.Add($"ratio_{name}_{threads}t", BigModel.Median(ours) / BigModel.Median(theirs), "F2");
        }

        await engine.DisposeAsync();
    }

    /// <summary>Two threads while another process' thread would hold one core, as a share of one thread alone.</summary>
    private static async Task NeighbourAsync(Figures figures, string path)
    {
        var (one, _) = BigModel.Start(path, threads: 1);
        var alone = await BigModel.DecodeSpeedAsync(one, 1, PromptTokens, NewTokens);
        await one.DisposeAsync();
        var (two, _) = BigModel.Start(path, threads: 2);
        using var stop = new CancellationTokenSource();
        var burner = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Thread.SpinWait(1000);
            }
        });
        burner.Start();
        figures.Add("neighbour", await BigModel.DecodeSpeedAsync(two, 1, PromptTokens, NewTokens) / alone, "F2");
        await stop.CancelAsync();
        burner.Join();
        await two.DisposeAsync();
    }

    private static async Task TinyAsync(Figures figures)
    {
        if (SharedData.Find("models/stories260K/stories260K.bin") is not { } path)
        {
            return;
        }

        using var source = ModelConverter.Open(path);
        await using var engine = InferenceEngine.Start(source, source.Config.VocabularySize, new() { Threads = 1, GuessedTokens = 0 }, TimeProvider.System);
        var speeds = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            speeds.Add(await BigModel.DecodeSpeedAsync(engine, 1, PromptTokens, 200));
        }

        figures.Add("overhead_us", 1e6 / BigModel.Median(speeds), "F0");
    }
}
