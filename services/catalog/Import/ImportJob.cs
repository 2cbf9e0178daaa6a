using System.Globalization;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;
using InternPlatform.Jobs;

namespace InternPlatform.Catalog.Import;

/// <summary>The job <c>import</c>: a file, or the built-in sample, becomes the rows of a data set's next version.</summary>
internal static class ImportJob
{
    public const string Kind = "import";

    /// <summary>Longest line, or element of a JSON array.</summary>
    public const int LongestLine = 64 << 20;

    public static Task<ImportedRows> RunAsync(JobContext job, ImportSpec spec, CancellationToken cancellationToken) =>
        DiskSpace.WatchAsync(job.WorkFolder, () => ImportAsync(job, spec, cancellationToken));

    private static async Task<ImportedRows> ImportAsync(JobContext job, ImportSpec spec, CancellationToken cancellationToken)
    {
        var folder = Path.Join(job.WorkFolder, "dataset");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);    // of an attempt that was lost
        }

        using var dataset = new DatasetWriter(folder);
        if (spec.Upload is { } upload)
        {
            await ReadUploadAsync(job, spec, upload, dataset, cancellationToken);
        }
        else
        {
            SampleRows.Write(dataset, spec.Sample!, made => Report(made, SampleRows.Count(spec.Sample!), "rows"));
        }

        RefuseNothing(dataset);
        var meta = dataset.Complete();
        var artifactId = await job.Artifacts.PutFolderAsync("dataset", folder, Facts(spec.Name, meta), cancellationToken);
        await job.Artifacts.AddReferenceAsync(CatalogFiles.JobReference(job.JobId), artifactId, cancellationToken);
        Directory.Delete(folder, recursive: true);
        job.Log($"{meta.Rows} rows, {meta.Bytes} bytes; {meta.RejectedRows} rows rejected.");
        return new ImportedRows { ArtifactId = artifactId, Meta = meta, Rejected = dataset.Rejected, Source = spec.Upload?.FileName ?? "sample" };

        void Report(long done, long total, string unit)
        {
            cancellationToken.ThrowIfCancellationRequested();
            job.Progress(done, total, unit);
        }
    }

    private static async Task ReadUploadAsync(JobContext job, ImportSpec spec, StoredUpload upload, DatasetWriter dataset, CancellationToken cancellationToken)
    {
        await using var file = await OpenAsync(job.Artifacts, upload, cancellationToken);
        if (file.Length == 0)
        {
            throw JobProblems.EmptyFile();
        }

        var format = spec.Format ?? ImportFormat.Detect(upload.FileName, file);
        job.Log($"Reading {upload.FileName} as {format}.");
        await ReadAsync(new ReadAs(format, spec.Keep, upload.FileName), file, dataset, Progress, cancellationToken);

        void Progress(long position)
        {
            cancellationToken.ThrowIfCancellationRequested();
            job.Progress(position, file.Length, "bytes");
        }
    }

    /// <summary>Reads a file of one of the known forms into rows.</summary>
    public static async Task ReadAsync(ReadAs how, Stream file, DatasetWriter dataset, Action<long> progress, CancellationToken cancellationToken)
    {
        try
        {
            await ReadFormatAsync(how, file, dataset, progress, cancellationToken);
        }
        catch (LineTooLongException e)
        {
            throw JobProblems.LineTooLong(e.Line, e.Offset, e.Limit);
        }
    }

    private static async Task ReadFormatAsync(ReadAs how, Stream file, DatasetWriter dataset, Action<long> progress, CancellationToken cancellationToken)
    {
        var records = new RecordRows(dataset, how.Keep);
        switch (how.Format)
        {
            case ImportFormat.Parquet:
                await new ParquetRows(records).ReadAsync(file, progress, cancellationToken);
                break;
            case ImportFormat.Json:
                new JsonRows(records).Read(new JsonElementReader(file, LongestLine), progress);
                break;
            case ImportFormat.JsonLines:
                new JsonLinesRows(dataset, records).Read(new LineReader(file, LongestLine), progress);
                break;
            case ImportFormat.Csv:
                new CsvRows(dataset, records, how.FileName).Read(new LineReader(file, LongestLine), progress);
                break;
            default:
                RefuseRecords(how);
                ReadText(how.Format, file, dataset, progress);
                break;
        }
    }

    private static void ReadText(string format, Stream file, DatasetWriter dataset, Action<long> progress)
    {
        switch (format)
        {
            case ImportFormat.Markdown:
                new MarkdownRows(dataset).Read(new LineReader(file, LongestLine), progress);
                break;
            default:
                new TextRows(dataset).Read(new LineReader(file, LongestLine), progress);
                break;
        }
    }

    private static void RefuseRecords(ReadAs how)
    {
        if (how.Keep == KeptAs.Records)
        {
            throw JobProblems.NoRecords(how.Format);
        }
    }

    /// <summary>Refuses a file that gave no row, and says why.</summary>
    public static void RefuseNothing(DatasetWriter dataset)
    {
        if (dataset.Rows == 0)
        {
            throw dataset.Rejected is [var first, ..] ? JobProblems.NoUsableRow(dataset.RejectedRows, first.Line, first.Reason) : JobProblems.EmptyFile();
        }
    }

    public static async Task<Stream> OpenAsync(IArtifactStore store, StoredUpload upload, CancellationToken cancellationToken)
    {
        try
        {
            return await store.OpenAsync(upload.Digest, cancellationToken);
        }
        catch (ArtifactNotFoundException)
        {
            throw JobProblems.UploadGone();
        }
    }

    public static Dictionary<string, string> Facts(string name, DatasetMeta meta) => new()
    {
        ["name"] = name,
        ["rows"] = meta.Rows.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>How a file is read.</summary>
/// <param name="Format">A name of <see cref="ImportFormat"/>.</param>
/// <param name="Keep">A name of <see cref="KeptAs"/>; null: told by the first row.</param>
/// <param name="FileName">As its owner named it.</param>
internal sealed record ReadAs(string Format, string? Keep, string FileName);

/// <summary>What the child hands over; the data set and its version are the supervisor's to name.</summary>
internal sealed record ImportedRows
{
    public required string ArtifactId { get; init; }
    public required DatasetMeta Meta { get; init; }
    public required IReadOnlyList<RejectedRow> Rejected { get; init; }
    public required string Source { get; init; }
}
