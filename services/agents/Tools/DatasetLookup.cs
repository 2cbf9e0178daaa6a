using System.Text;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Datasets;

namespace InternPlatform.Agents.Tools;

/// <summary>Finds the first rows of a data set that hold all words of a query, letters of either case alike.</summary>
internal sealed class DatasetLookup(IArtifactStore store) : IAgentTool
{
    private const int MostRows = 3;
    private const int MostCharactersOfRow = 400;

    // Text kept between calls: a small set is read once, a large one each time.
    private const long MostCachedCharacters = 64 << 20;

    private readonly Lock gate = new();
    private (string ArtifactId, string[] Rows)? cached;

    public const string ToolName = "dataset-lookup";

    public string Name => ToolName;

    public string Description => "Returns the first rows of the data set that contain all words of the query.";

    public bool IsDescribedToModels => true;

    public JsonElement Parameters { get; } = JsonElement.Parse(
        """
        { "type": "object", "properties": { "query": { "type": "string" } }, "required": ["query"], "additionalProperties": false }
        """);

    public async Task<string> CallAsync(JsonElement arguments, ToolSetting setting, CancellationToken cancellationToken)
    {
        var words = Words(arguments.GetProperty("query").GetString()!);
        if (words.Length == 0)
        {
            throw new ToolFailedException("The query has no word.");
        }

        var artifactId = setting.DatasetArtifactId ?? throw new ToolFailedException("The agent has no data set.");
        var found = Cached(artifactId) is { } rows ? Matching(rows, words) : await ReadAsync(artifactId, words, cancellationToken);
        return found.Count > 0 ? string.Join('\n', found) : $"No row contains all of: {string.Join(", ", words)}.";
    }

    private static string[] Words(string query) =>
        query.Split((char[])[' ', '\t', '\n', '\r', ',', ';', '?', '!', '"', '，', '。', '？', '！', '；', '、', '“', '”'], StringSplitOptions.RemoveEmptyEntries);

    private string[]? Cached(string artifactId)
    {
        lock (gate)
        {
            return cached is var (id, rows) && id == artifactId ? rows : null;
        }
    }

    private static List<string> Matching(string[] rows, string[] words)
    {
        var found = new List<string>(MostRows);
        for (var i = 0; i < rows.Length && found.Count < MostRows; i++)
        {
            Take(rows[i], i, words, found);
        }

        return found;
    }

    private static void Take(string row, int index, string[] words, List<string> found)
    {
        if (found.Count < MostRows && Array.TrueForAll(words, word => row.Contains(word, StringComparison.OrdinalIgnoreCase)))
        {
            var text = row.ReplaceLineEndings(" ");
            found.Add($"Row {index + 1}: {(text.Length > MostCharactersOfRow ? string.Concat(text.AsSpan(0, MostCharactersOfRow), "…") : text)}");
        }
    }

    /// <summary>Reads the set, keeps it if it is small, and stops early if it is not.</summary>
    private async Task<List<string>> ReadAsync(string artifactId, string[] words, CancellationToken cancellationToken)
    {
        try
        {
            using var set = await DatasetRows.OpenAsync(store, artifactId, cancellationToken);
            return await Task.Run(() => Read(set, words, cancellationToken), cancellationToken);
        }
        catch (Exception e) when (e is ArtifactException or NotADatasetException or LineTooLongException or RejectedRowException or JsonException)
        {
            throw new ToolFailedException($"The data set cannot be read: {e.Message}", e);
        }
    }

    private List<string> Read(DatasetRows set, string[] words, CancellationToken cancellationToken)
    {
        List<string>? kept = [];
        List<string> found = [];
        long characters = 0;
        var lines = set.Lines();
        for (var index = 0; (kept is not null || found.Count < MostRows) && lines.TryRead(out var line); index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var row = Text(line.ToArray());
            Take(row, index, words, found);
            characters += row.Length;
            kept = characters <= MostCachedCharacters ? kept : null;
            kept?.Add(row);
        }

        if (kept is not null)
        {
            lock (gate)
            {
                cached = (set.ArtifactId, [.. kept]);
            }
        }

        return found;
    }

    private static string Text(byte[] line)
    {
        var row = DatasetRows.Parse(line);
        if (row.Chat is null)
        {
            return row.Text ?? string.Join("; ", row.Record!.Value.EnumerateObject().Select(field => $"{field.Name}: {field.Value}"));
        }

        var text = new StringBuilder();
        foreach (var message in row.Chat.Messages.Where(message => message.Content.Length > 0))
        {
            text.Append(text.Length > 0 ? " " : "").Append(message.Role).Append(": ").Append(message.Content);
        }

        return text.ToString();
    }
}
