using InternPlatform.Tokenization;

namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>
/// The built-in sample's held-out questions of the six dimensions. The headline is the choice by log-probability, but for understanding; greedy
/// generation stands beside it, since an untuned model that has never answered in the chat frame fails that by form, not by skill.
/// </summary>
internal sealed class InternSample() : Benchmark(
    "intern-sample", "Six dimensions of the built-in sample", null, ["dimension", "messages", "answer", "choices"], [Measure.Accuracy(true), Measure.ExactMatch(false)])
{
    public override bool TakesAll => false;

    /// <summary>The sample's questions lie beside its tool questions, which are another benchmark's.</summary>
    public override bool Takes(Row row) => row.TextOrNull("dimension") != BenchmarkList.ToolDimension;

    /// <summary>Understanding is shown by its answers: a passage names two or three things, and picking one of them by its probability says little.</summary>
    public override bool IsHeadline(Measure measure, string? dimension) => dimension == "understanding" ? measure.Mode == Measure.Generation : measure.IsHeadline;

    public override Question Read(Row row)
    {
        var dimension = row.Text("dimension");
        if (!BenchmarkList.Dimensions.Contains(dimension))
        {
            throw row.Wrong("dimension", $"'{dimension}' is none of {string.Join(", ", BenchmarkList.Dimensions)}.");
        }

        var choices = row.Texts("choices");
        var answer = row.Text("answer");
        var right = choices.ToList().IndexOf(answer);
        return new Question
        {
            Row = row.Number,
            Dimension = dimension,
            Group = $"{dimension}/{row.TextOrNull("language")}",
            Messages = RowMessages.Read(row),
            Choices = choices.Count >= 2 ? choices : throw row.Wrong("choices", "At least two are needed."),
            Right = right >= 0 ? right : throw row.Wrong("answer", "It is not among the choices."),
            Answer = answer,
            Match = dimension == "knowledge" ? AnswerMatch.Contains : AnswerMatch.Exact,
        };
    }
}

/// <summary>The column <c>messages</c>.</summary>
internal static class RowMessages
{
    public static IReadOnlyList<ChatMessage> Read(Row row)
    {
        var messages = row.Json("messages");
        try
        {
            return messages.ValueKind == System.Text.Json.JsonValueKind.Array
                ? Datasets.ChatRow.Read(messages, null).Messages
                : throw row.Wrong("messages", "A list of messages is needed.");
        }
        catch (Datasets.RejectedRowException e)
        {
            throw row.Wrong("messages", e.Message);
        }
    }
}
