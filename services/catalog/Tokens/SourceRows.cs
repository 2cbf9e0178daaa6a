using InternPlatform.Artifacts;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Tokens;

/// <summary>Opens the data set that a job was given.</summary>
internal static class SourceRows
{
    public static async Task<DatasetRows> OpenAsync(IArtifactStore store, string artifactId, CancellationToken cancellationToken)
    {
        try
        {
            return await DatasetRows.OpenAsync(store, artifactId, cancellationToken);
        }
        catch (NotADatasetException e)
        {
            throw JobProblems.NotADataset(e.ArtifactId, e.Kind);
        }
    }
}
