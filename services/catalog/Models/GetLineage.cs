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

        var edges = new HashSet<(string From, string To)>();
        await FollowAsync(artifactId, edges, (frontier, token) => EdgesAsync(db.LineageEdges.Where(edge => frontier.Contains(edge.ToArtifactId)), token), edge => edge.From, cancellationToken);
        await FollowAsync(artifactId, edges, (frontier, token) => EdgesAsync(db.LineageEdges.Where(edge => frontier.Contains(edge.FromArtifactId)), token), edge => edge.To, cancellationToken);
        var ids = edges.SelectMany(edge => (string[])[edge.From, edge.To]).Append(artifactId).Distinct().ToList();
        var nodes = await NodesAsync(db, ids, cancellationToken);
        return TypedResults.Ok(new LineageView
        {
            Nodes = [.. nodes.Values.OrderBy(node => node.At)],
            Edges = [.. edges.Where(edge => nodes.ContainsKey(edge.From) && nodes.ContainsKey(edge.To)).Select(edge => new LineageEdge { From = edge.From, To = edge.To })],
        });
    }

    private static async Task FollowAsync(
        string artifactId, HashSet<(string From, string To)> edges, Func<List<string>, CancellationToken, Task<List<(string From, string To)>>> next,
        Func<(string From, string To), string> far, CancellationToken cancellationToken)
    {
        List<string> frontier = [artifactId];
        var seen = new HashSet<string>(frontier);
        while (frontier.Count > 0 && seen.Count < MostNodes)
        {
            var found = await next(frontier, cancellationToken);
            edges.UnionWith(found);
            frontier = [.. found.Select(far).Where(seen.Add)];
        }
    }

    private static async Task<List<(string From, string To)>> EdgesAsync(IQueryable<LineageEdgeRow> edges, CancellationToken cancellationToken) =>
        [.. (await edges.AsNoTracking().Take(MostNodes).ToListAsync(cancellationToken)).Select(edge => (edge.FromArtifactId, edge.ToArtifactId))];

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
            Path = paths.GetValueOrDefault(row.ArtifactId, $"/runs/{row.Service}/{row.JobId}"),
        });
    }
}
