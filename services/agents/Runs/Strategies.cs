namespace InternPlatform.Agents.Runs;

/// <summary>The strategies by name.</summary>
internal static class Strategies
{
    private static readonly Dictionary<string, IAgentLoop> Loops = new(StringComparer.Ordinal)
    {
        ["function-calling"] = new FunctionCallingLoop(toolFirst: true),
        ["function-calling-auto"] = new FunctionCallingLoop(toolFirst: false),
        ["react"] = new ReActLoop(),
    };

    public static IReadOnlyCollection<string> Names => Loops.Keys;

    public static IAgentLoop Get(string name) => Loops[name];

    public static bool IsKnown(string name) => Loops.ContainsKey(name);

    public static bool NeedsTool(string name) => name == "function-calling";
}
