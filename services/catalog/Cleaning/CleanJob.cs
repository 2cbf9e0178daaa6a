using System.Globalization;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Catalog.Datasets;
using InternPlatform.Catalog.Import;
using InternPlatform.Catalog.Tokens;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Catalog.Cleaning;

/// <summary>The job <c>clean</c>: rows of a data set's version go through a recipe, and those that stay become the next version of a data set.</summary>
internal static class CleanJob
{
    public const string Kind = "clean";
    public const string ReportFile = "cleaning.json";

    public static async ValueTask<ProblemHttpResult?> RefuseAsync(CleanDataset spec, CatalogDb db, Caller caller, CancellationToken cancellationToken)
    {
        if (ObjectName.Refusal(spec.Name) is { } reason)
        {
            return Problems.InvalidName(spec.Name, reason);
        }

        return Recipe.TryRead(spec.Steps, out var refusal) is null
            ? Problems.InvalidSpec(refusal.Field, refusal.Reason)
            : await KnownArtifacts.RefuseAsync(db, spec.DatasetArtifactId, DatasetFiles.Kind, cancellationToken);
    }

    public static Task<CleanedRows> RunAsync(JobContext job, CleanDataset spec, CancellationToken cancellationToken) =>
        DiskSpace.WatchAsync(job.WorkFolder, () => CleanAsync(job, spec, cancellationToken));

    public static async ValueTask CompleteAsync(JobCompletion<CatalogDb, CleanDataset, CleanedRows> done, CancellationToken cancellationToken)
    {
        var version = await NewVersion.AddAsync(
            done.Db, done.Outbox, done.Job,
            new WrittenDataset { Name = done.Spec.Name, ArtifactId = done.Result.ArtifactId, Meta = done.Result.Meta, Source = Kind, Inputs = [done.Spec.DatasetArtifactId] }, cancellationToken);
        var result = new CleanResult
        {
            DatasetId = version.DatasetId,
            Version = version.Version,
            ArtifactId = version.ArtifactId,
            RowsIn = done.Result.RowsIn,
            RowsOut = version.Rows,
            Steps = done.Result.Steps,
        };
        done.Job.Result = JsonSerializer.Serialize(result, PlatformJson.Options);
    }

    private static async Task<CleanedRows> CleanAsync(JobContext job, CleanDataset spec, CancellationToken cancellationToken)
    {
        var folder = Path.Join(job.WorkFolder, "dataset");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);    // of an attempt that was lost
        }

        using var source = await SourceRows.OpenAsync(job.Artifacts, spec.DatasetArtifactId, cancellationToken);
        using var dataset = new DatasetWriter(folder);
        var stages = Recipe.TryRead(spec.Steps, out var refusal) ?? throw new InvalidOperationException($"{refusal.Field}: {refusal.Reason}");    // was refused when it was posted
        var rowsIn = Cleaner.Run(source, stages, dataset, position => job.Progress(position, source.Meta.Bytes, "bytes"), cancellationToken);
        var reports = stages.Select(stage => stage.Report()).ToList();
        RefuseNothing(reports, rowsIn);
        foreach (var (report, number) in reports.Select((report, at) => (report, at + 1)))
        {
            job.Log(string.Create(CultureInfo.InvariantCulture, $"Step {number} ({report.Kind}): {report.RowsIn} rows in, {report.RowsIn - report.RowsOut} dropped, {report.RowsChanged} changed."));
        }

        var meta = dataset.Complete();
        var written = new CleaningReport { RowsIn = rowsIn, RowsOut = meta.Rows, Recipe = spec.Steps ?? Recipe.Default, Steps = reports };
        await File.WriteAllBytesAsync(Path.Join(folder, ReportFile), JsonSerializer.SerializeToUtf8Bytes(written, PlatformJson.Options), cancellationToken);
        var artifactId = await job.Artifacts.PutFolderAsync(DatasetFiles.Kind, folder, ImportJob.Facts(spec.Name, meta), cancellationToken);
        await job.Artifacts.AddReferenceAsync(CatalogFiles.JobReference(job.JobId), artifactId, cancellationToken);
        Directory.Delete(folder, recursive: true);
        return new CleanedRows { ArtifactId = artifactId, Meta = meta, RowsIn = rowsIn, Steps = reports };
    }

    private static void RefuseNothing(List<CleaningStepReport> reports, long rowsIn)
    {
        if (reports.FindIndex(report => report.RowsOut == 0) is >= 0 and var at)
        {
            throw JobProblems.NothingLeft(at + 1, reports[at].Kind, reports[at].RowsIn, rowsIn, reports[at].Dropped is [var first, ..] ? first.Reason : "the data set has no rows");
        }
    }
}

/// <summary>What the child hands over; the data set and its version are the supervisor's to name.</summary>
internal sealed record CleanedRows
{
    public required string ArtifactId { get; init; }
    public required DatasetMeta Meta { get; init; }
    public required long RowsIn { get; init; }
    public required IReadOnlyList<CleaningStepReport> Steps { get; init; }
}

/// <summary><c>cleaning.json</c> of the artefact.</summary>
internal sealed record CleaningReport
{
    public required long RowsIn { get; init; }
    public required long RowsOut { get; init; }
    public required IReadOnlyList<CleaningStep> Recipe { get; init; }
    public required IReadOnlyList<CleaningStepReport> Steps { get; init; }
}
