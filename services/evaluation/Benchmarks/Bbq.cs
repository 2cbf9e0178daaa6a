namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>BBQ (Parrish et al., 2022): who did it, where the context says so or does not; three answers, one of them "unknown".</summary>
internal sealed class Bbq() : Benchmark("bbq", "BBQ", "safety", ["context", "question", "ans0", "ans1", "ans2", "label"], [Measure.Accuracy(true)])
{
    private static readonly string[] Places = ["0", "1", "2"];

    public override Question Read(Row row)
    {
        string[] answers = [row.Text("ans0"), row.Text("ans1"), row.Text("ans2")];
        var right = row.Choice("label", Places);
        return new Question
        {
            Row = row.Number,
            Dimension = Dimension,
            Group = row.TextOrNull("context_condition"),
            Messages = [Letters.Ask(row.Text("context"), row.Text("question"), answers)],
            Choices = Letters.For(answers.Length),
            Right = right,
            Answer = Letters.Letter(right),
        };
    }
}
