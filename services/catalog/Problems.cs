using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Catalog;

/// <summary>Every refusal of catalog's routes. Those of its jobs are in <see cref="JobProblems"/>.</summary>
internal static class Problems
{
    public const string Service = "catalog";

    public static ProblemHttpResult UploadNotFound() => Of("upload-not-found", "There is no such upload.", 404, "Start one with POST /api/catalog/uploads.");

    public static ProblemHttpResult UploadIncomplete(long size, long offset) => Of(
        "upload-incomplete", "The upload is not complete.", 409, $"{offset} of {size} bytes are stored. Send the rest, then POST …/complete.", ("offset", offset));

    public static ProblemHttpResult UploadNotComplete() => Of("upload-incomplete", "The upload is not complete.", 409, "Send the rest of the bytes, then POST …/complete.");

    public static ProblemHttpResult WrongOffset(long expected, string detail) => Of("upload-offset", "The bytes do not follow those that are stored.", 409, detail, ("offset", expected));

    public static ProblemHttpResult OffsetMissing() => Of(
        "upload-offset-missing", "The header Upload-Offset is missing or not a number.", 400, "Send the number of bytes that are stored; GET or HEAD of the upload tells it.");

    public static ProblemHttpResult UploadBusy(string detail) => Of("upload-busy", "Another request is writing to this upload.", 409, detail);

    public static ProblemHttpResult UploadTooLarge(long limit) => Of(
        "upload-too-large", "The file is too large.", 413, $"An upload may have at most {limit} bytes. Split the file, or raise Catalog__LongestUploadBytes.", ("limitBytes", limit));

    public static ProblemHttpResult MoreThanAnnounced(long announced) => Of(
        "upload-longer-than-announced", "More bytes were sent than were announced.", 413, $"The upload was announced with {announced} bytes; none of this piece were kept.", ("sizeBytes", announced));

    public static ProblemHttpResult DiskFull() => Of(
        "disk-full", "The disk is full.", 507, "What was stored is kept. Free space on the disk of the data folder, then go on from the upload's offset.");

    public static ProblemHttpResult InvalidUpload(string field, string reason) => Of(
        "invalid-upload", "The upload cannot be started.", 400, reason, ("errors", new Dictionary<string, string[]> { [field] = [reason] }));

    public static ProblemHttpResult InvalidName(string name, string reason) => Of(
        "invalid-name", "The name cannot be used.", 400, $"{reason} Choose another one.", ("name", name));

    public static ProblemHttpResult SourceMissing() => Of("source-missing", "Nothing to import.", 400, "Give either 'uploadId' or 'sample', not both.");

    public static ProblemHttpResult UnknownFormat(string format) => Of(
        "unknown-format", $"The format '{format}' is not known.", 400, $"Leave it out, or choose one of: {string.Join(", ", Import.ImportFormat.Names)}.");

    public static ProblemHttpResult InvalidSpec(string field, string reason) => Of(
        "invalid-spec", "The job cannot be started as asked.", 400, reason, ("errors", new Dictionary<string, string[]> { [field] = [reason] }));

    public static ProblemHttpResult ArtifactNotFound(string artifactId, string kind) => Of(
        "artifact-not-found", $"There is no {kind} artefact '{artifactId}' in this project.", 400, $"Name the artefact id that the {kind}'s job returned.", ("artifactId", artifactId));

    public static ProblemHttpResult DatasetNotFound() => Of("dataset-not-found", "There is no such data set.", 404, "GET /api/catalog/datasets lists them.");

    public static ProblemHttpResult VersionNotFound() => Of("version-not-found", "The data set has no such version.", 404, "GET the data set to see its versions.");

    public static ProblemHttpResult RowsDamaged(string artifactId) => Of(
        "rows-damaged", "The stored rows are damaged and are not shown.", 500, "Import the data set again: the same content heals it.", ("artifactId", artifactId));

    public static ProblemHttpResult StatisticsNotFound(long bytes) => Of(
        "statistics-not-found", "This version has no statistics.", 404,
        $"It was made before there were statistics, and its {bytes} bytes are too many to count while you wait. Import or clean it again.");

    public static ProblemHttpResult ModelNotFound() => Of("model-not-found", "There is no such model.", 404, "GET /api/catalog/models lists them.");

    public static ProblemHttpResult LineageNotFound() => Of("lineage-not-found", "No job of this project made that artefact.", 404, null);

    public static ProblemHttpResult IfMatchMissing() => Of("if-match-missing", "The header If-Match is missing.", 428, "GET the data set and send its ETag, so that nobody's change is lost.");

    public static ProblemHttpResult CardChanged() => Of("card-changed", "The card was changed by somebody else.", 412, "GET the data set again, put your change on top, and send its new ETag.");

    public static ProblemHttpResult InvalidPage(string field, string reason) => Of(
        "invalid-page", "The page cannot be shown.", 400, reason, ("errors", new Dictionary<string, string[]> { [field] = [reason] }));

    private static ProblemHttpResult Of(string problem, string title, int status, string? detail, params (string Key, object? Value)[] extensions) =>
        PlatformProblems.Of(Service, problem, title, status, detail, extensions.ToDictionary(extension => extension.Key, extension => extension.Value));
}
