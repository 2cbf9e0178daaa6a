using InternPlatform.Catalog.Datasets;
using InternPlatform.Contracts.Catalog;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Models;

/// <summary><c>GET /api/catalog/lineage/{artifactId}</c>: everything an artefact came from, and everything made from it.</summary>
internal static class GetLineage
{
    private const int MostNodes = 1000;

    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapGet("/lineage/{artifactId}", HandleAsync);

    public static async Task<Results<Ok<LineageView>, ProblemHttpResult>> HandleAsync(string artifactId, CatalogDb db, CancellationToken cancellationToken)
    {
        if (!await db.Produced.AnyAsync(row => row.ArtifactId == artifactId, cancellationToken))
        {
            return Problems.LineageNotFound();
        }

        var found = new HashSet<string> { artifactId };
        await FollowAsync(artifactId, found, frontier => db.LineageEdges.Where(edge => frontier.Contains(edge.ToArtifactId)).Select(edge => edge.FromArtifactId), cancellationToken);
        await FollowAsync(artifactId, found, frontier => db.LineageEdges.Where(edge => frontier.Contains(edge.FromArtifactId)).Select(edge => edge.ToArtifactId), cancellationToken);
        var nodes = await NodesAsync(db, [.. found], cancellationToken);
        var ids = nodes.Keys.ToList();
        var edges = await db.LineageEdges.AsNoTracking().Where(edge => ids.Contains(edge.FromArtifactId) && ids.Contains(edge.ToArtifactId)).ToListAsync(cancellationToken);
        return TypedResults.Ok(new LineageView
        {
            Nodes = [.. nodes.Values.OrderBy(node => node.At)],
            Edges = [.. edges.Select(edge => new LineageEdge { From = edge.FromArtifactId, To = edge.ToArtifactId })],
        });
    }

    /// <summary>Adds all that can be reached, one step after the other, up to a number that a page can show.</summary>
    private static async Task FollowAsync(string artifactId, HashSet<string> found, Func<List<string>, IQueryable<string>> next, CancellationToken cancellationToken)
    {
        List<string> frontier = [artifactId];
        while (frontier.Count > 0 && found.Count < MostNodes)
        {
            var reached = await next(frontier).Distinct().OrderBy(id => id).Take(MostNodes).ToListAsync(cancellationToken);
            frontier = [.. reached.Where(found.Add)];
        }
    }

    /// <summary>One node an artefact, told by the job that made it first: the same bytes may have been made again.</summary>
    private static async Task<Dictionary<string, LineageNode>> NodesAsync(CatalogDb db, List<string> ids, CancellationToken cancellationToken)
    {
        var produced = await db.Produced.AsNoTracking().Where(row => ids.Contains(row.ArtifactId)).ToListAsync(cancellationToken);
        var datasets = await db.DatasetVersions.AsNoTracking().Where(row => ids.Contains(row.ArtifactId)).Select(row => new { row.ArtifactId, row.DatasetId }).ToListAsync(cancellationToken);
        var models = await db.Models.AsNoTracking().Where(row => ids.Contains(row.ArtifactId)).Select(row => new { row.ArtifactId, row.Id }).ToListAsync(cancellationToken);
        var paths = datasets.Select(row => (row.ArtifactId, Path: DatasetChanges.Path(row.DatasetId))).Concat(models.Select(row => (row.ArtifactId, Path: ModelViews.Path(row.Id))))
            .GroupBy(row => row.ArtifactId).ToDictionary(row => row.Key, row => row.First().Path);
        return produced.GroupBy(row => row.ArtifactId).Select(same => same.MinBy(row => row.At)!).ToDictionary(row => row.ArtifactId, row => new LineageNode
        {
            ArtifactId = row.ArtifactId,
            Kind = row.Kind,
            Name = row.Name,
            Service = row.Service,
            JobId = row.JobId,
            At = row.At,
            Path = paths.GetValueOrDefault(row.ArtifactId) ?? PageOf(row),
        });
    }

    /// <summary>An agent's artefact names the agent itself instead of a job.</summary>
    private static string PageOf(ProducedRow row) => row.Kind switch
    {
        "evaluation" => $"/eval/{row.JobId}",
        "agent" => $"/agents/{row.JobId}",
        _ => $"/runs/{row.Service}/{row.JobId}",
    };
}
