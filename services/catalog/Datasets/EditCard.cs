using InternPlatform.Contracts.Catalog;
using InternPlatform.Jobs;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Datasets;

/// <summary><c>PUT /api/catalog/datasets/{idOrName}/card</c> with <c>If-Match</c>: whoever read an older card is told, not overwritten.</summary>
internal static class EditCard
{
    private const int LongestCard = 200_000;

    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapPut("/datasets/{idOrName}/card", HandleAsync);

    public static async Task<Results<Ok<DatasetView>, ProblemHttpResult>> HandleAsync(
        string idOrName, DatasetCard card, HttpRequest request, HttpResponse response, CatalogDb db, Outbox<CatalogDb> outbox, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.Headers.IfMatch.Count == 0)
        {
            return Problems.IfMatchMissing();
        }

        if (card.Card.Length > LongestCard)
        {
            return Problems.InvalidPage("card", $"A card has at most {LongestCard} characters.");
        }

        if (await db.Datasets.Include(dataset => dataset.Versions).FindAsync(idOrName, cancellationToken) is not { } found)
        {
            return Problems.DatasetNotFound();
        }

        if (!Matches(request, found))
        {
            return Problems.CardChanged();
        }

        found.Card = card.Card;
        found.License = string.IsNullOrWhiteSpace(card.License) ? null : card.License.Trim();
        DatasetChanges.Touch(found, outbox, time.GetUtcNow());
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return Problems.CardChanged();
        }

        response.Headers.ETag = found.Tag();
        return TypedResults.Ok(found.ToView());
    }

    private static bool Matches(HttpRequest request, DatasetRow dataset) =>
        request.GetTypedHeaders().IfMatch.Any(tag => tag.Tag == "*" || tag.ToString() == dataset.Tag());
}
