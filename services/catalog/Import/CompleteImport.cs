using System.Text.Json;
using InternPlatform.Catalog.Datasets;
using InternPlatform.Catalog.Models;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Import;

/// <summary>A finished import becomes the data set's next version, in the transaction that ends the job.</summary>
internal static class CompleteImport
{
    public static async ValueTask HandleAsync(JobCompletion<CatalogDb, ImportSpec, ImportedRows> import, CancellationToken cancellationToken)
    {
        var now = import.Job.EndedAt ?? TimeProvider.System.GetUtcNow();
        var dataset = await FindOrAddAsync(import, now, cancellationToken);
        var version = new DatasetVersionRow
        {
            DatasetId = dataset.Id,
            Version = dataset.Versions.Select(row => row.Version).DefaultIfEmpty().Max() + 1,
            ProjectId = import.Job.ProjectId,
            ArtifactId = import.Result.ArtifactId,
            Rows = import.Result.Meta.Rows,
            Bytes = import.Result.Meta.Bytes,
            RejectedRows = import.Result.Meta.RejectedRows,
            Source = import.Result.Source,
            CreatedAt = now,
            JobId = import.Job.Id,
            RejectedJson = JsonSerializer.Serialize(import.Result.Rejected, PlatformJson.Options),
            RowKindsJson = JsonSerializer.Serialize(import.Result.Meta.RowKinds, PlatformJson.Options),
        };
        import.Db.DatasetVersions.Add(version);
        DatasetChanges.Touch(dataset, import.Outbox, now);
        await Production.AddAsync(import.Db, import.Outbox, Produced(import), now, cancellationToken);
        import.Job.Result = JsonSerializer.Serialize(ResultOf(version, import.Result), PlatformJson.Options);
    }

    private static async Task<DatasetRow> FindOrAddAsync(JobCompletion<CatalogDb, ImportSpec, ImportedRows> import, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var found = await import.Db.Datasets.Include(dataset => dataset.Versions)
            .SingleOrDefaultAsync(dataset => dataset.ProjectId == import.Job.ProjectId && dataset.Name == import.Spec.Name, cancellationToken);
        if (found is not null)
        {
            return found;
        }

        var added = new DatasetRow { Id = Guid.CreateVersion7(now), ProjectId = import.Job.ProjectId, Name = import.Spec.Name, CreatedAt = now, UpdatedAt = now, Stamp = Guid.CreateVersion7() };
        import.Db.Datasets.Add(added);
        return added;
    }

    private static ArtifactProduced Produced(JobCompletion<CatalogDb, ImportSpec, ImportedRows> import) => new()
    {
        ArtifactId = import.Result.ArtifactId,
        Kind = "dataset",
        Name = import.Spec.Name,
        Service = Problems.Service,
        JobId = import.Job.Id,
        ProjectId = import.Job.ProjectId,
        Inputs = [],
        Figures = new Dictionary<string, double> { ["rows"] = import.Result.Meta.Rows, ["bytes"] = import.Result.Meta.Bytes },
    };

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
