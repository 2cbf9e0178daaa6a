namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>MMLU (Hendrycks et al., 2021): four choices, 57 subjects. Examples come from the same subject.</summary>
internal sealed class Mmlu() : Benchmark("mmlu", "MMLU", "exam", ["question", "choices|A, B, C, D", "answer"], [Measure.Accuracy(true)])
{
    private const int ChoiceCount = 4;

    public override Question Read(Row row)
    {
        var choices = row.Has("choices") ? row.Texts("choices") : [.. Letters.For(ChoiceCount).Select(row.Text)];
        if (choices.Count != ChoiceCount)
        {
            throw row.Wrong("choices", $"Four choices are needed, and there are {choices.Count}.");
        }

        var subject = row.TextOrNull("subject");
        var right = row.Choice("answer", Letters.For(ChoiceCount));
        var introduction = subject is null ? null : $"A multiple choice question about {subject.Replace('_', ' ')}.";
        return new Question
        {
            Row = row.Number,
            Dimension = Dimension,
            Group = subject,
            Messages = [Letters.Ask(introduction, row.Text("question"), choices)],
            Choices = Letters.For(ChoiceCount),
            Right = right,
            Answer = Letters.Letter(right),
        };
    }
}
