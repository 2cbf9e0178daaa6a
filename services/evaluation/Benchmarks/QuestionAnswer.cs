using InternPlatform.Tokenization;

namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>Any set of questions with one answer, or a list of accepted ones.</summary>
internal sealed class QuestionAnswer() : Benchmark("question-answer", "Question and answer", null, ["question", "answer"], [Measure.ExactMatch(false)])
{
    public override Question Read(Row row)
    {
        var accepted = row.OneOrMore("answer");
        return new Question
        {
            Row = row.Number,
            Messages = [new ChatMessage { Role = "user", Content = row.Text("question") }],
            Answer = accepted[0],
            AlsoAccepted = [.. accepted.Skip(1)],
            Match = AnswerMatch.Loose,
        };
    }
}
