using System.Diagnostics;
using InternPlatform.Catalog.Sample;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;
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

        foreach (var step in steps)
        {
            output.WriteLine($"{step.Kind}: {step.RowsIn} -> {step.RowsOut}, changed {step.RowsChanged}; {string.Join(" | ", step.Dropped.Take(4).Select(row => $"{row.Reason}: {row.Text[..Math.Min(60, row.Text.Length)]}"))}");
        }

        output.WriteLine($"{seconds:0.00} s");
        Assert.True(left.Values.Sum() <= 0.05 * planted.Values.Sum(), $"{left.Values.Sum()} of {planted.Values.Sum()} planted rows are left");
        Assert.True(lost.Sum(kind => kind.Lost) <= 0.01 * genuine, $"{lost.Sum(kind => kind.Lost)} of {genuine} genuine rows are lost");
        Assert.Equal(0, steps[0].RowsChanged);
    }

    [Fact]
    public void Cleaning_again_gives_the_same_rows_and_report()
    {
        var rows = Cleaned.Sample(new SampleSource { Seed = 2, Documents = 5000, Dirt = 0.1 });
        var (first, second) = (Cleaned.Of(rows), Cleaned.Of(rows));

        Assert.Equal(first.Kept.Select(row => row.Index), second.Kept.Select(row => row.Index));
        Assert.Equal(first.Steps.SelectMany(step => step.Dropped), second.Steps.SelectMany(step => step.Dropped));
    }

    private static bool IsPlanted(StoredRow row) => row.Kind!.StartsWith(PlantedDirt.KindPrefix, StringComparison.Ordinal);

    private static string Told(StoredRow row) => $"{row.Kind} {row.Text} {string.Join('|', row.Chat?.Messages.Select(message => $"{message.Role} {message.Content}") ?? [])} {row.Chat?.ToolsJson}";
}
