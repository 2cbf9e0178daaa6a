using InternPlatform.Contracts;

namespace InternPlatform.Catalog;

/// <summary>The page that a list's caller asks for, newest first.</summary>
/// <param name="Limit">At most how many.</param>
/// <param name="Before">Rows older than the one of this id; null for the first page.</param>
internal readonly record struct PageQuery(int Limit, Guid? Before)
{
    private const int Usual = 50;
    private const int Most = 200;

    /// <summary>Reads the query; false where a value cannot be used, with the field and the reason.</summary>
    public static bool TryRead(int? limit, string? cursor, out PageQuery page, out (string Field, string Reason) refusal)
    {
        page = new PageQuery(limit ?? Usual, null);
        refusal = default;
        if (page.Limit is < 1 or > Most)
        {
            refusal = ("limit", $"It is from 1 to {Most}.");
            return false;
        }

        if (cursor is not null)
        {
            if (!Guid.TryParseExact(cursor, "N", out var before))
            {
                refusal = ("cursor", "Pass the 'nextCursor' of the page before.");
                return false;
            }

            page = page with { Before = before };
        }

        return true;
    }

    /// <summary>Cuts a list of one row more than the limit into a page.</summary>
    public Page<TView> Cut<TRow, TView>(List<TRow> rows, Func<TRow, Guid> id, Func<TRow, TView> view) => new()
    {
        Items = [.. rows.Take(Limit).Select(view)],
        NextCursor = rows.Count > Limit ? id(rows[Limit - 1]).ToString("N") : null,
    };
}
