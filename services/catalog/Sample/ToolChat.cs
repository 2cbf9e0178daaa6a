using InternPlatform.Tokenization;

namespace InternPlatform.Catalog.Sample;

/// <summary>A question that needs arithmetic, the calculator call, its result, and the answer.</summary>
internal static class ToolChat
{
    public const string Kind = "tool-chat";
    public const string Calculator = "calculator";

    /// <summary>The tool as the sample's system turn names it.</summary>
    public const string Tools = """[{"name": "calculator", "parameters": {"a": "number", "b": "number", "op": "add, subtract or multiply"}}]""";

    public static SampleRow Make(Draw draw)
    {
        while (true)
        {
            if (TryMake(draw, Numbers.Shown(draw), Numbers.Shown(draw)) is { } problem && !Numbers.IsWithheld(problem.Result))
            {
                return SampleRow.Chat(Kind, draw, problem.Dialogue(draw)) with { Tools = draw.Chance(.5) ? Tools : null };
            }
        }
    }

    /// <summary>A problem over these numbers; null when its result would be negative or longer than four digits, or when it is a question of the exam.</summary>
    public static ToolProblem? TryMake(Draw draw, int a, int b)
    {
        var op = draw.From((string[])["add", "subtract", "multiply"]);
        var result = op switch { "add" => a + b, "subtract" => a - b, _ => a * b };
        return result is < 0 or > 9999 || (a < 10 && b < 10) ? null : new(Question(draw, a, b, op), a, b, op, result);
    }

    private static string Question(Draw draw, int a, int b, string op) => op switch
    {
        "add" => draw.Say(
            [$"What is {a} plus {b}?", $"Add {a} and {b}.", $"How much is {a} + {b}?", $"Calculate the sum of {a} and {b}."],
            [$"{a} 加 {b} 是多少？", $"计算 {a} + {b} 。", $"{a} 与 {b} 的和是多少？"]),
        "subtract" => draw.Say(
            [$"What is {a} minus {b}?", $"Subtract {b} from {a}.", $"How much is {a} - {b}?"],
            [$"{a} 减 {b} 是多少？", $"计算 {a} - {b} 。", $"从 {a} 里减去 {b} 。"]),
        _ => draw.Say(
            [$"What is {a} times {b}?", $"Multiply {a} by {b}.", $"How much is {a} * {b}?"],
            [$"{a} 乘 {b} 是多少？", $"计算 {a} * {b} 。", $"{a} 与 {b} 的积是多少？"]),
    };
}

/// <summary>One calculator question with its right call and result.</summary>
internal sealed record ToolProblem(string Question, int A, int B, string Op, int Result)
{
    public string ArgumentsJson => $"{{\"a\": {A}, \"b\": {B}, \"op\": \"{Op}\"}}";

    public IReadOnlyList<ChatMessage> Dialogue(Draw draw) =>
    [
        Turn.User(Question),
        Turn.Call(new ChatToolCall(ToolChat.Calculator, ArgumentsJson)),
        Turn.Result($"{Result}"),
        Turn.Assistant(draw.Say($"The answer is {Result}.", $"答案是 {Result}。")),
    ];
}
