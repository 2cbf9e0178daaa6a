using InternPlatform.Tests.Support;

namespace InternPlatform.Benchmarks;

/// <summary>Prompts of 128 and 512 tokens up to the first token, two threads, 1.1 billion weights in Q4_0, Q4_K_M, Q8_0 and bf16, beside llama.cpp on the same file. Measured, medians.</summary>
internal static class Prefill
{
    private const int Rounds = 5;

    public static async Task RunAsync()
    {
        using var data = new TemporaryFolder();
        var figures = new Figures("prefill");
        foreach (var name in new[] { "q4", "q4km", "q8", "bf16" })
        {
            var path = BigModel.Write(data.Path, name);
            var (engine, _) = BigModel.Start(path, threads: 2);
#if PEERS
            using var peer = new LlamaCpp(path, threads: 2);
#endif
            foreach (var tokens in new[] { 128, 512 })
            {
                var (ours, theirs) = (new List<double>(), new List<double>());
                for (var round = 0; round <= Rounds; round++)
                {
                    var speed = await BigModel.PrefillSpeedAsync(engine, tokens);
                    ours.AddRange(round > 0 ? [speed] : []);
#if PEERS
                    speed = peer.PrefillSpeed(tokens);
                    theirs.AddRange(round > 0 ? [speed] : []);
#endif
                }

                figures.Add($"tps_{name}_{tokens}", BigModel.Median(ours), "F0");
                if (theirs.Count > 0)
                {
                    figures.Add($"llamacpp_tps_{name}_{tokens}", BigModel.Median(theirs), "F0");
                    figures.Add($"ratio_{name}_{tokens}", BigModel.Median(ours) / BigModel.Median(theirs), "F2");
                }
            }

            await engine.DisposeAsync();
            File.Delete(path);
        }

        figures.Print();
    }
}
