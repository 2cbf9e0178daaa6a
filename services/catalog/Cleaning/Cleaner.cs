using InternPlatform.Catalog.Import;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Cleaning;

/// <summary>Runs rows through the steps, a batch at a time: memory is that of a batch, and what duplicates need to be known by.</summary>
internal static class Cleaner
{
    /// <returns>Rows read.</returns>
    public static long Run(DatasetRows source, IReadOnlyList<CleaningStage> stages, DatasetWriter dataset, Action<long> progress, CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { CancellationToken = cancellationToken };
        var lines = source.Lines();
        var read = 0L;
        while (LineBatch.Next(lines) is { Count: > 0 } batch)
        {
            var rows = new CleaningRow[batch.Count];
            var first = read;
            OnAllCores.For(batch.Count, parallel, i => rows[i] = Parse(batch[i], first + i, source.Name));
            foreach (var row in stages.Aggregate(rows.ToList(), (kept, stage) => stage.Apply(kept, parallel)))
            {
                row.Write(dataset);
            }

            read += batch.Count;
            progress(lines.Position);
        }

        return read;
    }

    private static CleaningRow Parse(byte[] line, long row, string dataset)
    {
        try
        {
            return new CleaningRow(row, DatasetRows.Parse(line), line);
        }
        catch (RejectedRowException e)
        {
            throw JobProblems.InvalidRow(dataset, row + 1, e.Message);
        }
    }
}
