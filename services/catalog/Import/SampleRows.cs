using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Catalog.Sample;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Import;

/// <summary>The parts of the built-in sample as rows; each says its kind.</summary>
internal static class SampleRows
{
    private const string Corpus = "corpus";
    private const string Tuning = "tuning";
    private const string Questions = "questions";
    private const int MostDocuments = 5_000_000;
    private const double MostDirt = 0.5;
    private static readonly string[] Parts = [Corpus, Tuning, Questions];
    private static readonly int[] ToolDigits = [2, 3, 4];

    /// <summary>Which member cannot be used, and why; null for a good one.</summary>
    public static (string Field, string Reason)? Refusal(SampleSource source) => source switch
    {
        { Documents: < 1 or > MostDocuments } => ("sample.documents", $"It is from 1 to {MostDocuments}."),
        _ when !Parts.Contains(source.Part) => ("sample.part", $"It is one of {string.Join(", ", Parts)}."),
        { Dirt: not (>= 0 and <= MostDirt) } => ("sample.dirt", $"It is from 0 to {MostDirt}."),
        { Dirt: > 0, Part: not Corpus } => ("sample.dirt", "Only the corpus has planted dirt."),
        _ => null,
    };

    /// <summary>Rows to be expected, for the progress.</summary>
    public static long Count(SampleSource source) => source.Part switch
    {
        Questions => ((long)source.Documents * HeldOutQuestions.Dimensions.Count) + (source.Documents / 2 * ToolDigits.Length),
        _ => (long)(source.Documents / (1 - source.Dirt)),
    };

    public static void Write(DatasetWriter dataset, SampleSource source, Action<long> progress)
    {
        if (source.Part == Questions)
        {
            WriteQuestions(dataset, source, progress);
            return;
        }

        var rows = source.Part == Tuning ? TuningRows.Rows(source.Seed, source.Documents) : SampleCorpus.Rows(source.Seed, source.Documents);
        foreach (var row in source.Dirt > 0 ? PlantedDirt.Among(rows, source.Dirt, source.Seed) : rows)
        {
            if (row.Messages is null)
            {
                dataset.AddText(row.Text!, row.Kind);
            }
            else
            {
                dataset.AddChat(new ChatRow(row.Messages, row.Tools), row.Kind);
            }

            progress(dataset.Rows);
        }
    }

    private static void WriteQuestions(DatasetWriter dataset, SampleSource source, Action<long> progress)
    {
        foreach (var question in HeldOutQuestions.Dimensions.SelectMany(dimension => HeldOutQuestions.Of(dimension, source.Seed, source.Documents)))
        {
            dataset.AddRecord(Record(question, null), question.Dimension);
            progress(dataset.Rows);
        }

        foreach (var digits in ToolDigits)
        {
            foreach (var question in HeldOutQuestions.ToolCalls(digits, source.Seed, source.Documents / 2))
            {
                dataset.AddRecord(Record(question, digits), question.Dimension);
                progress(dataset.Rows);
            }
        }
    }

    private static JsonElement Record(HeldOutQuestion question, int? digits)
    {
        var record = new JsonObject
        {
            ["dimension"] = question.Dimension,
            ["language"] = question.Language,
            ["messages"] = new JsonArray([.. question.Messages.Select(message => new JsonObject { ["role"] = message.Role, ["content"] = message.Content })]),
            ["answer"] = question.Answer,
            ["choices"] = new JsonArray([.. question.Choices.Select(choice => JsonValue.Create(choice))]),
            ["tools"] = question.Tools,
            ["toolResult"] = question.ToolResult,
        };
        if (digits is not null)
        {
            record["digits"] = digits;
        }

        return JsonSerializer.SerializeToElement(record);
    }
}
