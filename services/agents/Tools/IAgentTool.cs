using System.Text.Json;

namespace InternPlatform.Agents.Tools;

/// <summary>
/// Something an agent may call. Tools are pure: they change nothing outside, so a run that goes on after a crash may call one again.
/// </summary>
internal interface IAgentTool
{
    /// <summary>As the model calls it.</summary>
    string Name { get; }

    /// <summary>For people; and for the model, where the name does not say it all.</summary>
    string Description { get; }

    /// <summary>
    /// Whether models are told the description. The calculator's is kept from them: its arguments say the same, and the built-in model has learned
    /// exactly that form.
    /// </summary>
    bool IsDescribedToModels { get; }

    /// <summary>JSON schema of the arguments, in the words that <see cref="ArgumentSchema"/> knows.</summary>
    JsonElement Parameters { get; }

    /// <summary>Called with arguments that fit the schema.</summary>
    /// <exception cref="ToolFailedException">There is no result, and why.</exception>
    Task<string> CallAsync(JsonElement arguments, ToolSetting setting, CancellationToken cancellationToken);
}

/// <summary>What the agent gives its tools.</summary>
internal sealed record ToolSetting(string? DatasetArtifactId);

/// <summary>A tool has no result; the model is told the message.</summary>
internal sealed class ToolFailedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The tools of this process, by name.</summary>
internal sealed class ToolRegistry(IEnumerable<IAgentTool> tools)
{
    public IReadOnlyList<IAgentTool> All { get; } = [.. tools.OrderBy(tool => tool.Name, StringComparer.Ordinal)];

    public IAgentTool? Find(string name) => All.FirstOrDefault(tool => tool.Name == name);
}
