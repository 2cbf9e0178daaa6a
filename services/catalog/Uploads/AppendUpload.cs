using System.Globalization;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Catalog;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace InternPlatform.Catalog.Uploads;

/// <summary>
/// <c>PATCH /api/catalog/uploads/{id}</c>: bytes that follow those that are stored, as the header <c>Upload-Offset</c> says. A connection that breaks
/// leaves what came before stored, and the offset tells how much that is.
/// </summary>
internal static class AppendUpload
{
    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapPatch("/uploads/{id:guid}", HandleAsync)
        .WithBodyLimit(catalog.ServiceProvider.GetRequiredService<IOptions<CatalogOptions>>().Value.LongestPieceBytes);

    public static async Task<Results<Ok<UploadView>, ProblemHttpResult>> HandleAsync(
        Guid id, HttpRequest request, CatalogDb db, CatalogFiles files, CancellationToken cancellationToken)
    {
        if (!long.TryParse(request.Headers[UploadReply.OffsetHeader], NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            return Problems.OffsetMissing();
        }

        if (await db.Uploads.SingleOrDefaultAsync(upload => upload.Id == id, cancellationToken) is not { } upload)
        {
            return Problems.UploadNotFound();
        }

        if (upload.Digest is not null)
        {
            return Problems.WrongOffset(upload.SizeBytes, "The upload is complete already.");
        }

        try
        {
            await files.Uploads.AppendAsync(id, offset, request.Body, cancellationToken);
            return TypedResults.Ok(await files.ViewAsync(upload, request.HttpContext.Response, cancellationToken));
        }
        catch (WrongUploadOffsetException e)
        {
            return Problems.WrongOffset(e.Expected, e.Message);
        }
        catch (UploadTooLargeException e)
        {
            return Problems.MoreThanAnnounced(e.Announced);
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
}
