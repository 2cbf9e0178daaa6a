using InternPlatform.Artifacts;
using InternPlatform.Jobs;
using InternPlatform.Models;

namespace InternPlatform.Finetuning;

/// <summary>The model that a tuning begins from.</summary>
internal static class BaseModel
{
    private const string Kind = "model";

    /// <summary>Links it into the job's folder and opens it.</summary>
    /// <exception cref="JobFailedException">It is no model, or none of an architecture that can be tuned.</exception>
    public static async Task<ModelFolder> OpenAsync(JobContext job, string artifactId, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(job.WorkFolder, "inputs", Kind);
        try
        {
            await RequireModelAsync(job.Artifacts, artifactId, cancellationToken);
            await job.Artifacts.MaterializeAsync(artifactId, folder, cancellationToken);
            return ModelFolder.Open(folder);
        }
        catch (Exception e) when (e is ArtifactNotFoundException or CorruptArtifactException or InvalidManifestException)
        {
            throw Problems.InputUnusable("base model", artifactId, e.Message);
        }
        catch (InvalidModelException e)
        {
            throw Problems.InputUnusable("base model", artifactId, $"{Path.GetFileName(e.File)}: {e.Reason}");
        }
    }

    public static async Task<Manifest> RequireModelAsync(IArtifactStore store, string artifactId, CancellationToken cancellationToken)
    {
        var manifest = await store.ReadManifestAsync(artifactId, cancellationToken);
        return manifest.Kind == Kind ? manifest : throw Problems.InputUnusable("base model", artifactId, $"It is an artefact of kind '{manifest.Kind}'.");
    }
}
