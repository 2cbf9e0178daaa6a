using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Benchmarks;
using InternPlatform.Tokenization;

namespace InternPlatform.Evaluation.Asking;

/// <summary>One question to ask in one way.</summary>
/// <param name="Index">Place in the run.</param>
/// <param name="Suite">Place of the suite in the spec.</param>
/// <param name="Benchmark">Name of the benchmark.</param>
/// <param name="Question">The question.</param>
/// <param name="Measure">How it is asked.</param>
/// <param name="Shots">Examples put before it.</param>
internal sealed record SampleTask(long Index, int Suite, string Benchmark, Question Question, Measure Measure, IReadOnlyList<Question> Shots)
{
    public const string Right = "right";
    public const string Wrong = "wrong";
    public const string Unparsed = "unparsed";
    public const string Failed = "failed";
    public const string Scored = "scored";

    public IReadOnlyList<ChatMessage> Messages =>
        [.. Shots.SelectMany(shot => (ChatMessage[])[.. shot.Messages, new ChatMessage { Role = "assistant", Content = shot.Answer }]), .. Question.Messages];

    public SampleView Sample(string prompt, string output, string verdict) => new()
    {
        Index = Index,
        Row = Question.Row,
        Suite = Suite,
        Benchmark = Benchmark,
        Dimension = Question.Dimension,
        Mode = Measure.Mode,
        Metric = Measure.Metric,
        Prompt = prompt,
        Output = output,
        Expected = Question.Answer,
        Verdict = verdict,
    };

    public SampleView Failure(string prompt, string problem) => Sample(prompt, "", Failed) with { Problem = problem };
}
