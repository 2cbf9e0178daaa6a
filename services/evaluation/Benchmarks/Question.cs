using InternPlatform.Tokenization;

namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>How what the model wrote is held against the answer.</summary>
internal enum AnswerMatch
{
    /// <summary>The same text, but for white space around it.</summary>
    Exact,

    /// <summary>The same, whatever the case and the full stop at the end.</summary>
    Loose,

    /// <summary>The answer stands somewhere in it.</summary>
    Contains,

    /// <summary>The last number of it is the number.</summary>
    LastNumber,
}

/// <summary>A row, ready to be asked.</summary>
internal sealed record Question
{
    /// <summary>Row of the data set, from 0.</summary>
    public required long Row { get; init; }
    public string? Dimension { get; init; }

    /// <summary>Examples come from the same group first.</summary>
    public string? Group { get; init; }

    /// <summary>The dialogue up to where the assistant speaks.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; init; } = [];
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Place of the right choice.</summary>
    public int Right { get; init; }

    /// <summary>What the assistant ought to say: an example's answer, and the first of the accepted ones.</summary>
    public required string Answer { get; init; }
    public IReadOnlyList<string> AlsoAccepted { get; init; } = [];
    public AnswerMatch Match { get; init; }

    /// <summary>At most so many tokens are generated; null: as many as the answer has, and some more.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>A text whose perplexity is measured.</summary>
    public string? Text { get; init; }
    public ToolQuestion? Tool { get; init; }
}

/// <summary>A question that is answered by a call.</summary>
/// <param name="ToolsJson">The list of tools, in OpenAI's form.</param>
/// <param name="Name">The tool to call.</param>
/// <param name="ArgumentsJson">The right arguments.</param>
/// <param name="Result">What the tool gives back for them.</param>
/// <param name="Digits">Of the numbers in the question, where the set says.</param>
internal sealed record ToolQuestion(string ToolsJson, string Name, string ArgumentsJson, string Result, int? Digits);

/// <summary>One way to ask a question, and what is counted.</summary>
internal sealed record Measure(string Mode, string Metric, bool IsHeadline)
{
    public const string Choice = "choice";
    public const string Generation = "generation";
    public const string Perplexity = "perplexity";
    public const string Tool = "tool";

    public static Measure Accuracy(bool isHeadline) => new(Choice, "accuracy", isHeadline);

    public static Measure ExactMatch(bool isHeadline) => new(Generation, "exact_match", isHeadline);

    public static Measure PerplexityOfText { get; } = new(Perplexity, "perplexity", false);

    public static Measure CallExact { get; } = new(Tool, "call_exact", true);

    public static Measure ResultUsed { get; } = new(Tool, "result_used", false);
}
