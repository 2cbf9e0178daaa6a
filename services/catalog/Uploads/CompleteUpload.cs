using InternPlatform.Artifacts;
using InternPlatform.Contracts.Catalog;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Uploads;

/// <summary><c>POST /api/catalog/uploads/{id}/complete</c>: makes the bytes a blob that an import can read. Asking again gives the same answer.</summary>
internal static partial class CompleteUpload
{
    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapPost("/uploads/{id:guid}/complete", HandleAsync);

    public static async Task<Results<Ok<UploadView>, ProblemHttpResult>> HandleAsync(
        Guid id, CatalogDb db, CatalogFiles files, HttpResponse response, ILogger<CatalogDb> logger, CancellationToken cancellationToken)
    {
        if (await db.Uploads.SingleOrDefaultAsync(upload => upload.Id == id, cancellationToken) is not { } upload)
        {
            return Problems.UploadNotFound();
        }

        try
        {
            if (upload.Digest is null)
            {
                var digest = await files.Uploads.CompleteAsync(id, files.Store, cancellationToken);
                await files.Store.AddReferenceAsync(CatalogFiles.UploadReference(id), digest, cancellationToken);
                upload.Digest = digest;
                await db.SaveChangesAsync(cancellationToken);
                Log.Completed(logger, id, digest);
            }

            return TypedResults.Ok(await files.ViewAsync(upload, response, cancellationToken));
        }
        catch (UploadIncompleteException e)
        {
            return Problems.UploadIncomplete(e.Announced, e.Stored);
        }
        catch (UploadBusyException e)
        {
            return Problems.UploadBusy(e.Message);
        }
        catch (UploadNotFoundException)
        {
            return Problems.UploadNotFound();    // forgotten as abandoned
        }
        catch (FullDiskException)
        {
            return Problems.DiskFull();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Upload {UploadId} is complete: {Digest}")]
        public static partial void Completed(ILogger logger, Guid uploadId, string digest);
    }
}
