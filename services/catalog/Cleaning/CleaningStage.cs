using InternPlatform.Contracts.Catalog;

namespace InternPlatform.Catalog.Cleaning;

/// <summary>A step at work: takes rows batch by batch in their order, and counts what it does to them.</summary>
internal abstract class CleaningStage(string kind)
{
    private readonly DroppedSamples samples = new();
    private long rowsIn;
    private long rowsOut;
    private long rowsChanged;

    public string Kind => kind;

    /// <summary>The rows that stay.</summary>
    public List<CleaningRow> Apply(List<CleaningRow> rows, ParallelOptions parallel)
    {
        Judge(rows, parallel);
        var kept = new List<CleaningRow>(rows.Count);
        foreach (var row in rows)
        {
            if (row.DroppedBecause is null)
            {
                rowsChanged += row.IsChanged ? 1 : 0;
                row.IsChanged = false;
                kept.Add(row);
            }
            else
            {
                samples.Add(row);
            }
        }

        rowsIn += rows.Count;
        rowsOut += kept.Count;
        return kept;
    }

    public CleaningStepReport Report() => new() { Kind = kind, RowsIn = rowsIn, RowsOut = rowsOut, RowsChanged = rowsChanged, Dropped = samples.InOrder() };

    /// <summary>Marks the rows that are dropped, and changes those that are changed.</summary>
    protected abstract void Judge(List<CleaningRow> rows, ParallelOptions parallel);
}

/// <summary>A step that looks at each row by itself, on all cores.</summary>
internal sealed class RuleStage(string kind, Action<CleaningRow> rule) : CleaningStage(kind)
{
    protected override void Judge(List<CleaningRow> rows, ParallelOptions parallel) => OnAllCores.For(rows.Count, parallel, i => rule(rows[i]));
}
