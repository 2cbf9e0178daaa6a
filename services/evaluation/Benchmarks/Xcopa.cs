using InternPlatform.Tokenization;

namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>XCOPA (Ponti et al., 2020): which of two sentences is the cause, or the effect, of a third. The sentences themselves are scored.</summary>
internal sealed class Xcopa() : Benchmark("xcopa", "XCOPA", "language", ["premise", "choice1", "choice2", "question", "label"], [Measure.Accuracy(true)])
{
    public override Question Read(Row row)
    {
        string[] choices = [row.Text("choice1"), row.Text("choice2")];
        var right = row.Text("label") switch
        {
            "0" => 0,
            "1" => 1,
            var label => throw row.Wrong("label", $"It is '{label}', not 0 or 1."),
        };
        return new Question
        {
            Row = row.Number,
            Dimension = Dimension,
            Group = row.Text("question"),
            Messages = [new ChatMessage { Role = "user", Content = $"{row.Text("premise")}\n{Asked(row)}" }],
            Choices = choices,
            Right = right,
            Answer = choices[right],
        };
    }

    private static string Asked(Row row)
    {
        var isChinese = row.Text("premise").Any(letter => letter is >= '\u4e00' and <= '\u9fff');
        return row.Text("question") switch
        {
            "cause" => isChinese ? "原因是什么？" : "What was the cause?",
            "effect" => isChinese ? "结果是什么？" : "What was the effect?",
            var question => throw row.Wrong("question", $"It is '{question}', not 'cause' or 'effect'."),
        };
    }
}
