using System.Globalization;

namespace InternPlatform.Benchmarks;

/// <summary>A table and one line of what a benchmark found, and how much of the machine others had meanwhile.</summary>
internal sealed class Figures(string name)
{
    private readonly List<(string Key, string Value)> figures = [];
    private readonly double[] began = Processor();

    public void Add(string key, double value, string format) => figures.Add((key, value.ToString(format, CultureInfo.InvariantCulture)));

    public void Print()
    {
        var ended = Processor();
        var (busy, own) = (ended[0] - began[0], ended[1] - began[1]);
        Add("others_cpu_share", Math.Max(0, busy - own) / Math.Max(ended[2] - began[2], 1e-9), "F2");
        foreach (var (key, value) in figures)
        {
            Console.WriteLine($"{key,-28}{value,12}");
        }

        Console.WriteLine($"{name}: {string.Join(' ', figures.Select(figure => $"{figure.Key}={figure.Value}"))}");
    }

    /// <summary>Seconds of all processors: busy, of this process, in all.</summary>
    private static double[] Processor()
    {
        var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(text => double.Parse(text, CultureInfo.InvariantCulture) / 100).ToArray();
        var idle = ticks[3] + ticks[4];
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        return [ticks[..8].Sum() - idle, self.TotalProcessorTime.TotalSeconds, ticks[..8].Sum()];
    }
}
