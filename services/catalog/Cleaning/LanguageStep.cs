namespace InternPlatform.Catalog.Cleaning;

internal sealed record LanguageOptions : StepOptions
{
    /// <summary>Languages that stay: <c>en</c>, <c>zh</c>, <c>other</c>.</summary>
    public IReadOnlyList<string> Keep { get; init; } = [TextLanguage.English, TextLanguage.Chinese];

    public override (string Option, string Reason)? Refusal() => Keep.Count > 0 && Keep.All(TextLanguage.Names.Contains)
        ? null
        : ("keep", $"It lists one or more of {string.Join(", ", TextLanguage.Names)}.");
}

/// <summary>The step <c>language</c>: keeps the languages that are wanted; noise counts as another language.</summary>
internal static class LanguageStep
{
    public const string Kind = "language";

    public static void Apply(CleaningRow row, LanguageOptions options)
    {
        var (language, because) = TextLanguage.Of(row.Text, row.Scripts);
        row.DroppedBecause = options.Keep.Contains(language) ? null : $"language {language}: {because} (kept: {string.Join(", ", options.Keep)})";
    }
}
