using System.Diagnostics;
using System.Text;
using InternPlatform.Catalog.Cleaning;
using InternPlatform.Catalog.Sample;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

/// <summary>The default recipe on the built-in sample, where it is known which rows are dirt.</summary>
public sealed class CleaningSampleTests(ITestOutputHelper output)
{
    [Fact]
    public void The_rows_of_the_sample_are_the_same_among_dirt()
    {
        var clean = Cleaned.Sample(new SampleSource { Seed = 5, Documents = 2000 });
        var dirty = Cleaned.Sample(new SampleSource { Seed = 5, Documents = 2000, Dirt = 0.05 });

        Assert.Equal(clean.Select(Told), dirty.Where(row => !IsPlanted(row)).Select(Told));
        Assert.InRange(dirty.Count(IsPlanted) / (double)dirty.Count, 0.03, 0.07);
    }

    [Fact]
    public void The_default_recipe_finds_planted_dirt_and_spares_the_rest()
    {
        var rows = Cleaned.Sample(new SampleSource { Seed = 1, Documents = 60_000, Dirt = 0.03 });
        var watch = Stopwatch.StartNew();
        var (kept, steps) = Cleaned.Of(rows);
        var seconds = watch.Elapsed.TotalSeconds;

        var planted = rows.Where(IsPlanted).GroupBy(row => row.Kind!).ToDictionary(kind => kind.Key, kind => kind.Count());
        var left = kept.Where(row => IsPlanted(row.Stored)).GroupBy(row => row.Stored.Kind!).ToDictionary(kind => kind.Key, kind => kind.Count());
        foreach (var (kind, count) in planted)
        {
            output.WriteLine($"{kind}: {count - left.GetValueOrDefault(kind)} of {count} found");
        }

        var genuine = rows.Count - planted.Values.Sum();
        var lost = rows.Where(row => !IsPlanted(row)).GroupBy(row => row.Kind!).Select(kind => (kind.Key, Lost: kind.Count() - kept.Count(row => row.Stored.Kind == kind.Key), All: kind.Count())).Where(kind => kind.Lost > 0).ToList();
        foreach (var (kind, missing, all) in lost)
        {
            output.WriteLine($"{kind}: {missing} of {all} genuine rows lost");
        }

        Tell(steps);
        output.WriteLine($"{seconds:0.00} s");
        Assert.True(left.Values.Sum() <= 0.05 * planted.Values.Sum(), $"{left.Values.Sum()} of {planted.Values.Sum()} planted rows are left");
        Assert.True(lost.Sum(kind => kind.Lost) <= 0.01 * genuine, $"{lost.Sum(kind => kind.Lost)} of {genuine} genuine rows are lost");
        Assert.All(kept.Where(row => !IsPlanted(row.Stored)), row => Assert.Equal(rows[(int)row.Index], row.Stored));
    }

    [Fact]
    public void Cleaning_again_gives_the_same_rows_and_report()
    {
        var rows = Cleaned.Sample(new SampleSource { Seed = 2, Documents = 5000, Dirt = 0.1 });
        var (first, second) = (Cleaned.Of(rows), Cleaned.Of(rows));

        Assert.Equal(first.Kept.Select(row => row.Index), second.Kept.Select(row => row.Index));
        Assert.Equal(first.Steps.SelectMany(step => step.Dropped), second.Steps.SelectMany(step => step.Dropped));
    }

    [Theory]
    [InlineData(0.94, "corpora/tinyshakespeare.txt")]
    [InlineData(0.95, "corpora/wiki_demo.txt")]
    [InlineData(0.90, "corpora/c4_demo.jsonl")]
    [InlineData(0.95, "corpora/chinese-poetry/全唐诗/poet.tang.0.json")]
    [InlineData(0.70, "corpora/chinese-poetry/诗经/shijing.json")]
    [InlineData(0.95, "corpora/chinese-poetry/蒙学/guwenguanzhi.json")]
    public async Task Real_text_stays(double least, string file)
    {
        var rows = await RealAsync(file);
        var (kept, steps) = Cleaned.Of(rows);
        Tell(steps);

        Assert.True(kept.Count >= least * rows.Count, $"{kept.Count} of {rows.Count} rows of {file} stay");
    }

    /// <summary>The same poems before and after correction, and an anthology whose poems are in the collection.</summary>
    [Theory]
    [InlineData("corpora/chinese-poetry/全唐诗/poet.tang.50000.json", "corpora/chinese-poetry/全唐诗/error/poet.tang.50000.json", 0.5)]
    public async Task Corrected_twins_of_real_poems_are_found(string file, string twin, double least)
    {
        var (first, second) = (await RealAsync(file), await RealAsync(twin));
        var (kept, steps) = Cleaned.Of([.. first, .. second], [new CleaningStep { Kind = "exact-duplicates" }, new CleaningStep { Kind = "near-duplicates" }]);
        Tell(steps);
        var longTwins = second.Count(row => ScriptCounts.Of(row.Text!).Width >= 140);
        var found = second.Count + first.Count - kept.Count;

        Assert.True(found >= least * longTwins, $"{found} of {longTwins} long twins are found");
    }

    [Fact(Explicit = true)]
    public async Task A_hundred_megabytes_take_minutes()
    {
        var random = new Random(1);
        List<StoredRow> real = [.. await RealAsync("corpora/tinyshakespeare.txt"), .. await RealAsync("corpora/wiki_demo.txt"), .. await RealAsync("corpora/chinese-poetry/蒙学/guwenguanzhi.json")];
        var rows = new List<StoredRow>();
        for (var bytes = 0L; bytes < 100 << 20; bytes += Encoding.UTF8.GetByteCount(rows[^1].Text!))
        {
            var text = real[random.Next(real.Count)].Text!;
            var parts = text.Contains(' ', StringComparison.Ordinal) ? text.Split(' ') : text.Split('。');
            random.Shuffle(parts);
            rows.Add(new StoredRow(string.Join(text.Contains(' ', StringComparison.Ordinal) ? ' ' : '。', parts), null));
        }

        var watch = Stopwatch.StartNew();
        var (_, steps) = Cleaned.Of(rows);
        output.WriteLine($"{rows.Count} rows in {watch.Elapsed.TotalSeconds:0.0} s");
        Tell(steps);
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(5));
    }

    private static async Task<List<StoredRow>> RealAsync(string file)
    {
        var read = await ReadRows.OfAsync(Path.GetFileName(file), await File.ReadAllBytesAsync(SharedData.Need(file), TestContext.Current.CancellationToken));
        return [.. read.Texts.Select(text => new StoredRow(text, null))];
    }

    private void Tell(IEnumerable<CleaningStepReport> steps)
    {
        foreach (var step in steps)
        {
            output.WriteLine($"{step.Kind}: {step.RowsIn} -> {step.RowsOut}, changed {step.RowsChanged}; {string.Join(" | ", step.Dropped.Take(4).Select(row => $"{row.Reason}: {row.Text[..Math.Min(60, row.Text.Length)].Replace('\n', ' ')}"))}");
        }
    }

    private static bool IsPlanted(StoredRow row) => row.Kind!.StartsWith(PlantedDirt.KindPrefix, StringComparison.Ordinal);

    private static string Told(StoredRow row) => $"{row.Kind} {row.Text} {string.Join('|', row.Chat?.Messages.Select(message => $"{message.Role} {message.Content}") ?? [])} {row.Chat?.ToolsJson}";
}
