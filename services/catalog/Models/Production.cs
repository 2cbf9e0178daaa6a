using InternPlatform.Contracts.Catalog;
using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Models;

/// <summary>
/// The lineage: which job made which artefact, and of what. Catalog's own jobs write it in the transaction that ends them, so that the next step may name
/// the artefact at once; everybody else's arrives by message.
/// </summary>
internal static class Production
{
    /// <summary>Writes the lineage of an artefact that catalog made, and tells everybody.</summary>
    public static async Task AddAsync(CatalogDb db, Outbox<CatalogDb> outbox, ArtifactProduced produced, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await WriteAsync(db, produced, now, cancellationToken);
        outbox.Add(produced);
    }

    /// <summary>Adds the rows that are not there yet; does not save.</summary>
    public static async Task WriteAsync(CatalogDb db, ArtifactProduced produced, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await db.Produced.FindAsync([produced.ArtifactId, produced.JobId], cancellationToken) is null)
        {
            db.Produced.Add(new ProducedRow
            {
                ArtifactId = produced.ArtifactId,
                JobId = produced.JobId,
                ProjectId = produced.ProjectId,
                Kind = produced.Kind,
                Name = produced.Name,
                Service = produced.Service,
                At = now,
            });
        }

        var known = await db.LineageEdges.Where(edge => edge.ProjectId == produced.ProjectId && edge.ToArtifactId == produced.ArtifactId)
            .Select(edge => edge.FromArtifactId).ToListAsync(cancellationToken);
        db.LineageEdges.AddRange(produced.Inputs.Distinct().Except(known)
            .Select(input => new LineageEdgeRow { ProjectId = produced.ProjectId, FromArtifactId = input, ToArtifactId = produced.ArtifactId }));
    }
}
