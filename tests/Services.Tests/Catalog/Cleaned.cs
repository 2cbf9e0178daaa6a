using System.Text;
using System.Text.Json;
using InternPlatform.Catalog.Cleaning;
using InternPlatform.Catalog.Import;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

/// <summary>Rows through a recipe, without a service around them.</summary>
internal static class Cleaned
{
    public static (List<CleaningRow> Kept, IReadOnlyList<CleaningStepReport> Steps) Of(IEnumerable<StoredRow> rows, IReadOnlyList<CleaningStep>? steps = null)
    {
        var stages = Recipe.TryRead(steps, out var refusal) ?? throw new ArgumentException($"{refusal.Field}: {refusal.Reason}", nameof(steps));
        var parallel = new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken };
        var kept = new List<CleaningRow>();
        foreach (var batch in rows.Select((row, index) => new CleaningRow(index, row)).Chunk(2048))
        {
            kept.AddRange(stages.Aggregate(batch.ToList(), (left, stage) => stage.Apply(left, parallel)));
        }

        return (kept, [.. stages.Select(stage => stage.Report())]);
    }

    public static (List<CleaningRow> Kept, IReadOnlyList<CleaningStepReport> Steps) OfTexts(string kind, object? options, params IEnumerable<string> texts) => Of(
        texts.Select(text => new StoredRow(text, null)),
        [new CleaningStep { Kind = kind, Options = options is null ? null : JsonSerializer.SerializeToElement(options, JsonSerializerOptions.Web) }]);

    /// <summary>The built-in sample as it is stored.</summary>
    public static List<StoredRow> Sample(SampleSource source)
    {
        using var folder = new TemporaryFolder();
        using var dataset = new DatasetWriter(Path.Join(folder.Path, "dataset"));
        SampleRows.Write(dataset, source, _ => { });
        dataset.Complete();
        return [.. File.ReadLines(Path.Join(folder.Path, "dataset", "rows.jsonl")).Select(line => DatasetRows.Parse(Encoding.UTF8.GetBytes(line)))];
    }
}
