namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>Any set of questions with choices: a column for each letter, or a list. AGIEval's <c>options</c>, <c>label</c> and <c>passage</c> are read, too.</summary>
internal sealed class MultipleChoice() : Benchmark("multiple-choice", "Multiple choice", null, ["question", "choices|options|A, B, …", "answer|label"], [Measure.Accuracy(false)])
{
    public override Question Read(Row row)
    {
        var choices = Choices(row);
        if (choices.Count is < 2 or > Letters.Most)
        {
            throw row.Wrong(row.Has("choices") ? "choices" : "A", $"2 to {Letters.Most} choices are needed, and there are {choices.Count}.");
        }

        var right = row.Choice(row.Either("answer", "label"), choices);
        return new Question
        {
            Row = row.Number,
            Messages = [Letters.Ask(row.TextOrNull("passage"), row.Text("question"), choices)],
            Choices = Letters.For(choices.Count),
            Right = right,
            Answer = Letters.Letter(right),
        };
    }

    private static IReadOnlyList<string> Choices(Row row)
    {
        if (row.Has("A"))
        {
            return [.. Letters.For(Letters.Most).TakeWhile(row.Has).Select(row.Text)];
        }

        return [.. row.Texts(row.Either("choices", "options")).Select((text, i) => text.StartsWith($"({Letters.Letter(i)})", StringComparison.Ordinal) ? text[3..] : text)];
    }
}
