using System.Text.Json;
using InternPlatform.Catalog.Sample;
using InternPlatform.Tests.Support;
using Microsoft.VisualBasic.FileIO;

namespace InternPlatform.Services.Tests.Evaluation;

/// <summary>Rows of the published sets and of the built-in sample, as records.</summary>
internal static class RealSets
{
    public static List<MmluRow> Mmlu(string subject)
    {
        using var file = new TextFieldParser(SharedData.Need($"eval/exam/mmlu/test/{subject}_test.csv")) { TextFieldType = FieldType.Delimited };
        file.SetDelimiters(",");
        List<MmluRow> rows = [];
        while (file.ReadFields() is { } fields)
        {
            rows.Add(new(subject, fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]));
        }

        return rows;
    }

    public static List<JsonElement> Lines(string file, int most = int.MaxValue) => [.. File.ReadLines(SharedData.Need(file)).Take(most).Select(line => JsonElement.Parse(line))];

    public static List<object> Sample(int perDimension, int seed = 5) => [.. HeldOutQuestions.Dimensions.SelectMany(dimension => HeldOutQuestions.Of(dimension, seed, perDimension)).Select(question => Record(question, null))];

    public static List<object> Tools(int digits, int count) => [.. HeldOutQuestions.ToolCalls(digits, 7, count).Select(question => Record(question, digits))];

    private static object Record(HeldOutQuestion question, int? digits) => new
    {
        dimension = question.Dimension,
        language = question.Language,
        messages = question.Messages.Select(message => new { role = message.Role, content = message.Content }),
        answer = question.Answer,
        choices = question.Choices,
        tools = question.Tools,
        toolResult = question.ToolResult,
        digits,
    };
}

#pragma warning disable SA1313, IDE1006 // columns of the set
internal sealed record MmluRow(string subject, string question, string A, string B, string C, string D, string answer);
#pragma warning restore SA1313, IDE1006
