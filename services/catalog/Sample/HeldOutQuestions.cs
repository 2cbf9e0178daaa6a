using InternPlatform.Tokenization;

namespace InternPlatform.Catalog.Sample;

/// <summary>A question whose answer is computed, not judged.</summary>
public sealed record HeldOutQuestion
{
    /// <summary>exam, language, knowledge, understanding, reasoning, safety or tool.</summary>
    public required string Dimension { get; init; }

    /// <summary><c>en</c> or <c>zh</c>.</summary>
    public required string Language { get; init; }

    /// <summary>The prompt: one user turn.</summary>
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>The right answer; for a tool question the call's arguments as JSON.</summary>
    public required string Answer { get; init; }

    /// <summary>Possible answers with the right one among them; empty for tool questions.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Tool questions: the JSON list of tools; else null.</summary>
    public string? Tools { get; init; }

    /// <summary>Tool questions: what the tool returns to the right call; else null.</summary>
    public string? ToolResult { get; init; }
}

/// <summary>
/// Questions that no tuning row asks: held-out facts, sums, words and requests by a fixed hash, new passages, and calls with numbers that are
/// in no training text. For the facts, sums and words, the sentences that state them are in the pretraining text.
/// </summary>
public static class HeldOutQuestions
{
    /// <summary>The six dimensions, in the order of the radar.</summary>
    public static IReadOnlyList<string> Dimensions { get; } = ["exam", "language", "knowledge", "understanding", "reasoning", "safety"];

    /// <summary>Questions of one dimension, languages half and half.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The dimension is unknown.</exception>
    public static IReadOnlyList<HeldOutQuestion> Of(string dimension, int seed, int count) => [.. Draws(seed, count).Select(draw => QuestionMaker.Make(dimension, draw, heldOut: true))];

    /// <summary>Calculator questions over withheld numbers of two to four digits.</summary>
    public static IReadOnlyList<HeldOutQuestion> ToolCalls(int digits, int seed, int count) => [.. Draws(seed, count).Select(draw => QuestionMaker.Tool(draw, digits))];

    private static IEnumerable<Draw> Draws(int seed, int count)
    {
        var draw = new Draw(seed);
        for (var i = 0; i < count; i++)
        {
            draw.SetLanguage(i % 2 == 1);
            yield return draw;
        }
    }
}

/// <summary>Questions of the six dimensions for tuning: the ones that evaluation does not ask, and tool and copy dialogues among them.</summary>
public static class TuningRows
{
    /// <summary>Three quarters questions, a fifth tool dialogues, the rest copying.</summary>
    public static IEnumerable<SampleRow> Rows(int seed, int count)
    {
        var draw = new Draw(seed);
        for (var i = 0; i < count; i++)
        {
            draw.NextLanguage();
            yield return draw.Below(20) switch
            {
                < 4 => ToolChat.Make(draw),
                4 => Copying.MakeChat(draw),
                _ => Row(draw),
            };
        }
    }

    private static SampleRow Row(Draw draw)
    {
        var question = QuestionMaker.Make(draw.From(HeldOutQuestions.Dimensions), draw, heldOut: false);
        return SampleRow.Chat(question.Dimension, draw, [.. question.Messages, Turn.Assistant(question.Answer)]);
    }
}
