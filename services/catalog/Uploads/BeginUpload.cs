using InternPlatform.Artifacts;
using InternPlatform.Contracts.Catalog;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace InternPlatform.Catalog.Uploads;

/// <summary><c>POST /api/catalog/uploads</c>: announces a file by name and size.</summary>
internal static partial class BeginUpload
{
    private const int LongestFileName = 255;

    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapPost("/uploads", HandleAsync);

    public static async Task<Results<Created<UploadView>, ProblemHttpResult>> HandleAsync(
        StartUpload request, Caller caller, CatalogDb db, CatalogFiles files, IOptions<CatalogOptions> options, TimeProvider time,
        HttpResponse response, ILogger<CatalogDb> logger, CancellationToken cancellationToken)
    {
        // Only the name: a browser or a script may send a path of its own machine.
        var fileName = request.FileName.Split('/', '\\')[^1].Trim();
        if (fileName.Length is 0 or > LongestFileName || fileName.Any(char.IsControl))
        {
            return Problems.InvalidUpload("fileName", $"A file name has 1 to {LongestFileName} characters, none of them control characters.");
        }

        if (request.SizeBytes < 0)
        {
            return Problems.InvalidUpload("sizeBytes", "The size is the file's length in bytes.");
        }

        if (request.SizeBytes > options.Value.LongestUploadBytes)
        {
            return Problems.UploadTooLarge(options.Value.LongestUploadBytes);
        }

        var upload = new UploadRow { Id = Guid.CreateVersion7(), ProjectId = caller.ProjectId, FileName = fileName, SizeBytes = request.SizeBytes, CreatedAt = time.GetUtcNow() };
        try
        {
            await files.Uploads.StartAsync(upload.Id, upload.SizeBytes, cancellationToken);
        }
        catch (FullDiskException)
        {
            return Problems.DiskFull();
        }

        db.Uploads.Add(upload);
        await db.SaveChangesAsync(cancellationToken);
        Log.Begun(logger, upload.Id, upload.SizeBytes);
        return TypedResults.Created($"/api/catalog/uploads/{upload.Id}", await files.ViewAsync(upload, response, cancellationToken));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Upload {UploadId} begins: {SizeBytes} bytes")]
        public static partial void Begun(ILogger logger, Guid uploadId, long sizeBytes);
    }
}
