using System.Text.Json;
using InternPlatform.Catalog.Datasets;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Catalog.Import;

/// <summary>A finished import becomes the data set's next version, in the transaction that ends the job.</summary>
internal static class CompleteImport
{
    public static async ValueTask HandleAsync(JobCompletion<CatalogDb, ImportSpec, ImportedRows> import, CancellationToken cancellationToken)
    {
        var rows = import.Result;
        var written = new WrittenDataset { Name = import.Spec.Name, ArtifactId = rows.ArtifactId, Meta = rows.Meta, Source = rows.Source, Rejected = rows.Rejected };
        var version = await NewVersion.AddAsync(import.Db, import.Outbox, import.Job, written, cancellationToken);
        import.Job.Result = JsonSerializer.Serialize(ResultOf(version, rows), PlatformJson.Options);
    }

    private static ImportResult ResultOf(DatasetVersionRow version, ImportedRows rows) => new()
    {
        DatasetId = version.DatasetId,
        Version = version.Version,
        ArtifactId = version.ArtifactId,
        Rows = version.Rows,
        Bytes = version.Bytes,
        RejectedRows = version.RejectedRows,
        Rejected = rows.Rejected,
    };
}
