using System.Text.Json;

namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>
/// Calculator questions over numbers that are in no training text. First a call has to come, and is exact when name and arguments are equal to the right ones;
/// then the model is given the right call with its result, and the result is used when the answer contains it. So the second figure does not depend on the first.
/// </summary>
internal sealed class InternTools() : Benchmark(
    "intern-tools", "Tool calls of the built-in sample", BenchmarkList.ToolDimension, ["messages", "answer", "tools", "toolResult"], [Measure.CallExact, Measure.ResultUsed])
{
    public override bool TakesAll => false;

    public override bool Takes(Row row) => row.TextOrNull("dimension") is null or BenchmarkList.ToolDimension;

    public override Question Read(Row row)
    {
        var (tools, first) = ToolList.Read(row);
        var (name, arguments) = Call(row, first);
        return new Question
        {
            Row = row.Number,
            Dimension = Dimension,
            Messages = RowMessages.Read(row),
            Answer = row.Text("toolResult"),
            Tool = new ToolQuestion(tools, name, arguments, row.Text("toolResult"), row.Has("digits") && int.TryParse(row.Text("digits"), out var digits) ? digits : null),
        };
    }

    /// <summary>The arguments alone, or a whole call.</summary>
    private static (string Name, string Arguments) Call(Row row, string onlyTool)
    {
        var answer = row.Json("answer");
        if (answer.ValueKind != JsonValueKind.Object)
        {
            throw row.Wrong("answer", "The arguments of the right call are needed, as a JSON object.");
        }

        return answer.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String
            && (answer.TryGetProperty("arguments", out var arguments) || answer.TryGetProperty("parameters", out arguments)) && arguments.ValueKind == JsonValueKind.Object
            ? (name.GetString()!, arguments.GetRawText())
            : (onlyTool, answer.GetRawText());
    }
}
