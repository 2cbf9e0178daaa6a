using System.Globalization;
using InternPlatform.Artifacts;
using InternPlatform.Catalog.Import;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Jobs;
using InternPlatform.Models;

namespace InternPlatform.Catalog.Models;

/// <summary>The job <c>import-model</c>: uploaded files are opened as a model, checked, and stored so that every other service reads them.</summary>
internal static class ImportModelJob
{
    public const string Kind = "import-model";

    public static Task<ImportModelResult> RunAsync(JobContext job, ImportModelSpec spec, CancellationToken cancellationToken) =>
        DiskSpace.WatchAsync(job.WorkFolder, () => ImportAsync(job, spec, cancellationToken));

    public static async ValueTask CompleteAsync(JobCompletion<CatalogDb, ImportModelSpec, ImportModelResult> done, CancellationToken cancellationToken) =>
        await Production.AddAsync(
            done.Db, done.Outbox,
            new ArtifactProduced
            {
                ArtifactId = done.Result.ArtifactId,
                Kind = "model",
                Name = done.Spec.Name,
                Service = Problems.Service,
                JobId = done.Job.Id,
                ProjectId = done.Job.ProjectId,
                Inputs = [],
                Figures = new Dictionary<string, double>(),
            },
            TimeProvider.System.GetUtcNow(), cancellationToken);

    private static async Task<ImportModelResult> ImportAsync(JobContext job, ImportModelSpec spec, CancellationToken cancellationToken)
    {
        var folder = Path.Join(job.WorkFolder, "files");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);    // of an attempt that was lost
        }

        Directory.CreateDirectory(folder);
        await FetchAsync(job, spec.Files, folder, cancellationToken);
        try
        {
            return await StoreAsync(job, spec, ForeignModel.Prepare(folder), cancellationToken);
        }
        catch (InvalidModelException e)
        {
            throw JobProblems.InvalidModel(Path.GetFileName(e.File) is var file && File.Exists(Path.Join(folder, file)) ? file : spec.Name, e.Reason);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task FetchAsync(JobContext job, IReadOnlyList<StoredUpload> files, string folder, CancellationToken cancellationToken)
    {
        var (fetched, buffer) = (0, new byte[1 << 20]);
        foreach (var file in files)
        {
            await using var source = await ImportJob.OpenAsync(job.Artifacts, file, cancellationToken);
            await using var target = File.Create(Path.Join(folder, file.FileName));
            int read;
            while ((read = await source.ReadAsync(buffer, cancellationToken)) > 0)
            {
                await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            job.Progress(++fetched, files.Count, "files");
        }
    }

    private static async Task<ImportModelResult> StoreAsync(JobContext job, ImportModelSpec spec, ForeignModel model, CancellationToken cancellationToken)
    {
        long parameters;
        (int Context, int Vocabulary) size;
        using (var opened = ModelWithTokenizer.Open(model.Folder))
        {
            var config = opened.Model.Config;
            parameters = config.ParameterCount();
            size = (config.ContextLength, opened.Tokenizer.VocabularySize);
        }

        var facts = new Dictionary<string, string> { ["name"] = spec.Name, ["parameters"] = parameters.ToString(CultureInfo.InvariantCulture) };
        var artifactId = await job.Artifacts.PutFolderAsync("model", model.Folder, facts, cancellationToken);
        await job.Artifacts.AddReferenceAsync(CatalogFiles.JobReference(job.JobId), artifactId, cancellationToken);
        job.Log($"{spec.Files.Count} files, read as {model.Format}: {parameters} parameters, context {size.Context}.");
        return new ImportModelResult
        {
            ArtifactId = artifactId,
            Format = model.Format,
            Parameters = parameters,
            ContextLength = size.Context,
            VocabularySize = size.Vocabulary,
            Bytes = new DirectoryInfo(model.Folder).EnumerateFiles().Sum(file => file.Length),
        };
    }
}
