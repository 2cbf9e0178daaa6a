using System.Diagnostics;
using System.Globalization;
using InternPlatform.Tests.Support;

namespace InternPlatform.Benchmarks;

/// <summary>A model file loaded by a process that holds nothing else: seconds, and the memory it takes beside what was planned, while it loads and after. Measured.</summary>
internal static class Load
{
    // Small, and written to its end: pages of a cache that nobody has used yet are not in memory.
    private const int ContextTokens = 256;

    /// <summary>1.1 billion random weights in Q4_0, Q4_K_M and Q8_0, each in a process of its own.</summary>
    public static async Task RunAsync()
    {
        using var data = new TemporaryFolder();
        var figures = new Figures("load");
        foreach (var name in new[] { "q4", "q4km", "q8" })
        {
            foreach (var (key, value) in await InChildAsync(BigModel.Write(data.Path, name)))
            {
                figures.Add($"{key}_{name}", value, "0.###");
            }
        }

        figures.Print();
    }

    /// <param name="path">A GGUF file.</param>
    public static async Task OfFileAsync(string path)
    {
        GC.Collect();
        var before = Memory();
        var peak = before;
        using var watch = new Timer(_ => peak = Math.Max(peak, Memory()), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
        var (engine, seconds) = BigModel.Start(path, threads: 2, ContextTokens, sequences: 1);
        await BigModel.PrefillSpeedAsync(engine, ContextTokens - 1);
        GC.Collect();
        var plan = (double)engine.Plan.TotalBytes;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"load: load_s={seconds:F1} planned_mb={plan / 1e6:F0} memory_share_of_plan={(Memory() - before) / plan:F3} peak_share_of_plan={(peak - before) / plan:F3}"));
        await engine.DisposeAsync();
    }

    /// <summary>The same in a new process.</summary>
    /// <returns>What it found.</returns>
    public static async Task<IReadOnlyList<(string Key, double Value)>> InChildAsync(string path)
    {
        // The file was written a moment ago: it is in memory, and the first reading is not the disk's.
        var start = new ProcessStartInfo(Environment.ProcessPath!, Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(Load).Assembly.Location, "load", path] : ["load", path])
        {
            RedirectStandardOutput = true,
        };
        using var child = Process.Start(start)!;
        var lines = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        var line = lines.Split('\n').Last(text => text.StartsWith("load: ", StringComparison.Ordinal));
        return [.. line.Split(' ').Skip(1).Select(figure => figure.Split('=')).Select(figure => (figure[0], double.Parse(figure[1], CultureInfo.InvariantCulture)))];
    }

    /// <summary>Bytes of the process in memory that are no pages of a file.</summary>
    private static double Memory()
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return 1024 * double.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
