namespace InternPlatform.Datasets;

/// <summary>Files of a data set's artefact.</summary>
public static class DatasetFiles
{
    /// <summary>The artefact's kind.</summary>
    public const string Kind = "dataset";

    /// <summary>One row a line: <c>{"text": …}</c>, <c>{"messages": […], "tools": […]}</c> or <c>{"record": {…}}</c>, with an optional <c>kind</c>.</summary>
    public const string Rows = "rows.jsonl";

    /// <summary>See <see cref="RowIndex"/>.</summary>
    public const string Index = "rows.index";

    /// <summary>See <see cref="DatasetMeta"/>.</summary>
    public const string Meta = "meta.json";

    /// <summary>What the columns hold. Artefacts made before there were statistics lack it.</summary>
    public const string Statistics = "statistics.json";
}
