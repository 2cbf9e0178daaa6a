namespace InternPlatform.Catalog.Import;

/// <summary>What becomes of a file's objects.</summary>
internal static class KeptAs
{
    /// <summary>Rows to train on.</summary>
    public const string Text = "text";

    /// <summary>Every field as it is, for evaluation.</summary>
    public const string Records = "records";

    public static IReadOnlyList<string> Names { get; } = [Text, Records];
}
