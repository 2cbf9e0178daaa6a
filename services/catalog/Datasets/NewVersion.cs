using System.Text.Json;
using InternPlatform.Catalog.Models;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Datasets;

/// <summary>Rows that a job wrote become their data set's next version, with lineage, in the transaction that ends the job.</summary>
internal static class NewVersion
{
    public static async Task<DatasetVersionRow> AddAsync(CatalogDb db, Outbox<CatalogDb> outbox, JobRow job, WrittenDataset written, CancellationToken cancellationToken)
    {
        var now = job.EndedAt ?? TimeProvider.System.GetUtcNow();
        var dataset = await FindOrAddAsync(db, job, written.Name, now, cancellationToken);
        var version = new DatasetVersionRow
        {
            DatasetId = dataset.Id,
            Version = dataset.Versions.Select(row => row.Version).DefaultIfEmpty().Max() + 1,
            ProjectId = job.ProjectId,
            ArtifactId = written.ArtifactId,
            Rows = written.Meta.Rows,
            Bytes = written.Meta.Bytes,
            RejectedRows = written.Meta.RejectedRows,
            Source = written.Source,
            CreatedAt = now,
            JobId = job.Id,
            RejectedJson = JsonSerializer.Serialize(written.Rejected, PlatformJson.Options),
            RowKindsJson = JsonSerializer.Serialize(written.Meta.RowKinds, PlatformJson.Options),
        };
        db.DatasetVersions.Add(version);
        DatasetChanges.Touch(dataset, outbox, now);
        await Production.AddAsync(db, outbox, Produced(job, written), now, cancellationToken);
        return version;
    }

    private static async Task<DatasetRow> FindOrAddAsync(CatalogDb db, JobRow job, string name, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var found = await db.Datasets.Include(dataset => dataset.Versions)
            .SingleOrDefaultAsync(dataset => dataset.ProjectId == job.ProjectId && dataset.Name == name, cancellationToken);
        if (found is not null)
        {
            return found;
        }

        var added = new DatasetRow { Id = Guid.CreateVersion7(now), ProjectId = job.ProjectId, Name = name, CreatedAt = now, UpdatedAt = now, Stamp = Guid.CreateVersion7() };
        db.Datasets.Add(added);
        return added;
    }

    private static ArtifactProduced Produced(JobRow job, WrittenDataset written) => new()
    {
        ArtifactId = written.ArtifactId,
        Kind = DatasetFiles.Kind,
        Name = written.Name,
        Service = Problems.Service,
        JobId = job.Id,
        ProjectId = job.ProjectId,
        Inputs = written.Inputs,
        Figures = new Dictionary<string, double> { ["rows"] = written.Meta.Rows, ["bytes"] = written.Meta.Bytes },
    };
}

/// <summary>A data set's artefact, before it is a version.</summary>
internal sealed record WrittenDataset
{
    public required string Name { get; init; }
    public required string ArtifactId { get; init; }
    public required DatasetMeta Meta { get; init; }
    public required string Source { get; init; }
    public IReadOnlyList<RejectedRow> Rejected { get; init; } = [];

    /// <summary>Artefacts it was made from.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];
}
