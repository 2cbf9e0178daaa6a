using InternPlatform.Catalog.Sample;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Import;

/// <summary>The built-in sample as rows; each says its kind.</summary>
internal static class SampleRows
{
    public static void Write(DatasetWriter dataset, SampleSource source, Action<long> progress)
    {
        foreach (var row in SampleCorpus.Rows(source.Seed, source.Documents))
        {
            if (row.Messages is null)
            {
                dataset.AddText(row.Text!, row.Kind);
            }
            else
            {
                dataset.AddChat(new ChatRow(row.Messages, row.Tools), row.Kind);
            }

            progress(dataset.Rows);
        }
    }
}
