using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Tokens;

/// <summary>A job may only read artefacts that its project made: the store itself knows no projects.</summary>
internal static class KnownArtifacts
{
    private const int MostDatasets = 64;

    public static async ValueTask<ProblemHttpResult?> RefuseDatasetsAsync(CatalogDb db, IReadOnlyList<string> artifactIds, CancellationToken cancellationToken)
    {
        if (artifactIds.Count is 0 or > MostDatasets || artifactIds.Distinct().Count() != artifactIds.Count)
        {
            return Problems.InvalidSpec("datasetArtifactIds", $"Name 1 to {MostDatasets} data sets, each once.");
        }

        foreach (var artifactId in artifactIds)
        {
            if (await RefuseAsync(db, artifactId, "dataset", cancellationToken) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    public static async ValueTask<ProblemHttpResult?> RefuseAsync(CatalogDb db, string artifactId, string kind, CancellationToken cancellationToken) =>
        await db.Produced.AnyAsync(row => row.ArtifactId == artifactId && row.Kind == kind, cancellationToken) ? null : Problems.ArtifactNotFound(artifactId, kind);
}
