using System.Globalization;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Catalog;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Objects;

/// <summary><c>GET /api/catalog/objects?q=&amp;kind=&amp;state=&amp;limit=&amp;cursor=</c>: the project's objects of all services, last changed first.</summary>
internal static class ListObjects
{
    private const int UsualLimit = 50;
    private const int MostRows = 200;

    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapGet("/objects", HandleAsync);

    public static async Task<Results<Ok<Page<ObjectView>>, ProblemHttpResult>> HandleAsync(
        string? q, string? kind, string? state, int? limit, string? cursor, CatalogDb db, CancellationToken cancellationToken)
    {
        var count = limit ?? UsualLimit;
        if (count is < 1 or > MostRows)
        {
            return Problems.InvalidPage("limit", $"It is from 1 to {MostRows}.");
        }

        var objects = Filtered(db.Objects.AsNoTracking().Where(row => !row.Deleted), q, kind, state);
        if (cursor is not null)
        {
            if (Place.Parse(cursor) is not { } place)
            {
                return Problems.InvalidPage("cursor", "Pass the 'nextCursor' of the page before.");
            }

            objects = objects.Where(row => row.UpdatedAt < place.At || (row.UpdatedAt == place.At && row.ObjectId.CompareTo(place.Id) < 0));
        }

        var rows = await objects.OrderByDescending(row => row.UpdatedAt).ThenByDescending(row => row.ObjectId).Take(count + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<ObjectView>
        {
            Items = [.. rows.Take(count).Select(ToView)],
            NextCursor = rows.Count > count ? new Place(rows[count - 1].UpdatedAt, rows[count - 1].ObjectId).ToString() : null,
        });
    }

    private static IQueryable<ObjectRow> Filtered(IQueryable<ObjectRow> objects, string? q, string? kind, string? state)
    {
        if (!string.IsNullOrWhiteSpace(q))
        {
            var searched = q.Trim().ToLowerInvariant();
            objects = objects.Where(row => row.SearchName.Contains(searched));
        }

        objects = string.IsNullOrEmpty(kind) ? objects : objects.Where(row => row.Kind == kind);
        return string.IsNullOrEmpty(state) ? objects : objects.Where(row => row.State == state);
    }

    private static ObjectView ToView(ObjectRow row) => new()
    {
        Service = row.Service,
        Kind = row.Kind,
        Id = row.ObjectId,
        Name = row.Name,
        State = row.State,
        Path = row.Path,
        UpdatedAt = row.UpdatedAt,
    };

    private sealed record Place(DateTimeOffset At, Guid Id)
    {
        public static Place? Parse(string cursor) => cursor.Split('.') is [var at, var id]
            && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTimeOffset.MaxValue.UtcTicks && Guid.TryParseExact(id, "N", out var guid)
            ? new Place(new DateTimeOffset(ticks, TimeSpan.Zero), guid)
            : null;

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.UtcTicks}.{Id:N}");
    }
}
