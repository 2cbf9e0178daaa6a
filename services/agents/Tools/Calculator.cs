using System.Text.Json;

namespace InternPlatform.Agents.Tools;

/// <summary>Exact arithmetic on two numbers.</summary>
internal sealed class Calculator : IAgentTool
{
    public string Name => "calculator";

    public string Description => "Adds, subtracts or multiplies two numbers exactly.";

    public bool IsDescribedToModels => false;

    // As the tool dialogues of the built-in sample write it: the template shows it as {"a": "number", "b": "number", "op": "add, subtract or multiply"}.
    public JsonElement Parameters { get; } = JsonElement.Parse(
        """
        {
          "type": "object",
          "properties": { "a": { "type": "number" }, "b": { "type": "number" }, "op": { "type": "string", "enum": ["add", "subtract", "multiply"] } },
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
            _ => a * b,
        };
        return Task.FromResult(result.ToString());
    }

    private static ExactNumber Number(JsonElement arguments, string name) => ExactNumber.TryParse(arguments.GetProperty(name).GetRawText(), out var number)
        ? number
        : throw new ToolFailedException($"'{name}' has more than a thousand digits.");
}
