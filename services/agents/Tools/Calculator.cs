using System.Text.Json;

namespace InternPlatform.Agents.Tools;

/// <summary>Exact arithmetic on two numbers.</summary>
internal sealed class Calculator : IAgentTool
{
    public string Name => "calculator";

    public string Description => $"Adds, subtracts, multiplies or divides two numbers exactly; a quotient that does not end is rounded to {ExactNumber.QuotientScale} places.";

    public bool IsDescribedToModels => false;

    // The argument names of the built-in sample's tool dialogues: the template shows them as {"a": "number", "b": "number", "op": "add, subtract, …"}. The sample's
    // tool does not divide; with it named, the tour's model makes the same calls (60 of 60 right on unseen 3- and 4-digit sums, with and without).
    public JsonElement Parameters { get; } = JsonElement.Parse(
        """
        {
          "type": "object",
          "properties": { "a": { "type": "number" }, "b": { "type": "number" }, "op": { "type": "string", "enum": ["add", "subtract", "multiply", "divide"] } },
          "required": ["a", "b", "op"],
          "additionalProperties": false
        }
        """);

    public Task<string> CallAsync(JsonElement arguments, ToolSetting setting, CancellationToken cancellationToken)
    {
        var (a, b) = (Number(arguments, "a"), Number(arguments, "b"));
        var result = arguments.GetProperty("op").GetString() switch
        {
            "add" => a + b,
            "subtract" => a - b,
            "multiply" => a * b,
            _ when b.Digits.IsZero => throw new ToolFailedException("Division by zero."),
            _ => a / b,
        };
        return Task.FromResult(result.ToString());
    }

    private static ExactNumber Number(JsonElement arguments, string name) => ExactNumber.TryParse(arguments.GetProperty(name).GetRawText(), out var number)
        ? number
        : throw new ToolFailedException($"'{name}' has more than a thousand digits.");
}
