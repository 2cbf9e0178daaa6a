using InternPlatform.Artifacts;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Evaluation.Samples;

/// <summary>The samples of a job: of the artefact when it has ended well, else what lies in its folder so far.</summary>
internal static class StoredSamples
{
    public static async Task<List<SampleView>> ReadAsync(EvaluationDb db, Guid jobId, IArtifactStore store, PlatformOptions options, CancellationToken cancellationToken)
    {
        if (await db.Evaluations.AsNoTracking().Where(row => row.JobId == jobId).Select(row => row.ArtifactId).FirstOrDefaultAsync(cancellationToken) is { } artifact)
        {
            await using var stored = await store.OpenFileAsync(artifact, SampleFile.Name, cancellationToken);
            return SampleFile.Read(stored);
        }

        var path = Path.Combine(JobFolders.Work(options, EvaluationService.Name, jobId), SampleFile.Name);
        if (!File.Exists(path))
        {
            return [];
        }

        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return [.. SampleFile.Read(file).OrderBy(sample => sample.Index)];
    }
}
