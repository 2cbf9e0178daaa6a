using InternPlatform.Artifacts;
using InternPlatform.Jobs;

namespace InternPlatform.Deployment.Quantize;

/// <summary>Artefacts that a job reads, as files below its folder; a next attempt finds them there.</summary>
internal static class JobInputs
{
    public static async Task<(string Folder, Manifest Manifest)> FetchAsync(JobContext job, string kind, string artifactId, CancellationToken cancellationToken)
    {
        var folder = Path.Join(job.WorkFolder, "inputs", kind);
        try
        {
            var manifest = await job.Artifacts.ReadManifestAsync(artifactId, cancellationToken);
            if (manifest.Kind != kind)
            {
                throw Problems.InputUnusable(kind, artifactId, $"It is an artefact of kind '{manifest.Kind}'.");
            }

            await job.Artifacts.MaterializeAsync(artifactId, folder, cancellationToken);
            return (folder, manifest);
        }
        catch (Exception e) when (e is ArtifactNotFoundException or CorruptArtifactException or InvalidManifestException)
        {
            throw Problems.InputUnusable(kind, artifactId, e.Message);
        }
    }
}
