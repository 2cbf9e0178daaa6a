using InternPlatform.Datasets;

namespace InternPlatform.Catalog;

/// <summary>Rows that are worked on at once, on all cores.</summary>
internal static class LineBatch
{
    private const int RowsAtOnce = 2048;
    private const int BytesAtOnce = 8 << 20;

    /// <summary>The next lines, up to a number and a size; none at the end.</summary>
    public static List<byte[]> Next(LineReader lines)
    {
        var batch = new List<byte[]>();
        var bytes = 0;
        while (batch.Count < RowsAtOnce && bytes < BytesAtOnce && lines.TryRead(out var line))
        {
            batch.Add(line.ToArray());
            bytes += line.Length;
        }

        return batch;
    }
}
