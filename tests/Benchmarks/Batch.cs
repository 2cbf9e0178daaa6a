using InternPlatform.Tests.Support;

namespace InternPlatform.Benchmarks;

/// <summary>Tokens a second of 1 to 16 sequences at once, 4 bits, two threads. Measured, medians.</summary>
internal static class Batch
{
    private const int Rounds = 3;

    public static async Task RunAsync()
    {
        using var data = new TemporaryFolder();
        var figures = new Figures("batch");
        var (engine, _) = BigModel.Start(BigModel.Write(data.Path, "q4"), threads: 2);
        var alone = 0.0;
        foreach (var sequences in new[] { 1, 2, 4, 8, 16 })
        {
            var speeds = new List<double>();
            for (var round = 0; round <= Rounds; round++)
            {
                var speed = await BigModel.DecodeSpeedAsync(engine, sequences, 8, 32);
                speeds.AddRange(round > 0 ? [speed] : []);
            }

            alone = sequences == 1 ? BigModel.Median(speeds) : alone;
            figures.Add($"tps_{sequences}", BigModel.Median(speeds), "F1");
            figures.Add($"speedup_{sequences}", BigModel.Median(speeds) / alone, "F2");
        }

        await engine.DisposeAsync();
        figures.Print();
    }
}
