using InternPlatform.Artifacts;
using InternPlatform.Contracts.Catalog;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Uploads;

/// <summary><c>GET</c> or <c>HEAD /api/catalog/uploads/{id}</c>: how many bytes are stored.</summary>
internal static class GetUpload
{
    private static readonly string[] Methods = ["GET", "HEAD"];

    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapMethods("/uploads/{id:guid}", Methods, HandleAsync);

    public static async Task<Results<Ok<UploadView>, ProblemHttpResult>> HandleAsync(
        Guid id, CatalogDb db, CatalogFiles files, HttpResponse response, CancellationToken cancellationToken)
    {
        try
        {
            return await db.Uploads.SingleOrDefaultAsync(upload => upload.Id == id, cancellationToken) is { } found
                ? TypedResults.Ok(await files.ViewAsync(found, response, cancellationToken))
                : Problems.UploadNotFound();
        }
        catch (UploadNotFoundException)
        {
            return Problems.UploadNotFound();    // forgotten as abandoned
        }
    }
}
