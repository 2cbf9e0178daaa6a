using System.Text.RegularExpressions;
using InternPlatform.Agents.Runs;
using InternPlatform.Agents.Tools;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Agents;
using InternPlatform.Datasets;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Agents;

/// <summary>What an agent may be.</summary>
internal static partial class AgentRules
{
    private const int MostSteps = 50;
    private const int MostRepairs = 10;
    private const int LongestInstructions = 20_000;

    /// <summary>Why the request cannot be an agent, as far as it tells by itself; null: it can.</summary>
    public static ProblemHttpResult? Refuse(CreateAgent request, ToolRegistry tools) => request switch
    {
        _ when !NamePattern().IsMatch(request.Name) => Problems.InvalidName("It has 1 to 64 letters, digits, '.', '_' and '-', and begins with a letter or digit."),
        _ when Guid.TryParse(request.Name, out _) => Problems.InvalidName("It looks like an id, and routes take either."),
        _ when !Strategies.IsKnown(request.Strategy) => Problems.UnknownStrategy(request.Strategy),
        _ when request.Tools.FirstOrDefault(name => tools.Find(name) is null) is { } unknown => Problems.UnknownTool(unknown),
        _ when (request.Tools.Count == 0 && Strategies.NeedsTool(request.Strategy)) || request.Tools.Distinct().Count() < request.Tools.Count => Problems.ToolMissing(request.Strategy),
        { DatasetArtifactId: null } when request.Tools.Contains(DatasetLookup.ToolName) => Problems.DatasetMissing(DatasetLookup.ToolName),
        { MaxSteps: < 1 or > MostSteps } => Problems.InvalidLimit("maxSteps", 1, MostSteps),
        { MaxRepairs: < 0 or > MostRepairs } => Problems.InvalidLimit("maxRepairs", 0, MostRepairs),
        { Instructions.Length: > LongestInstructions } => Problems.InstructionsTooLong(LongestInstructions),
        _ => null,
    };

    /// <summary>Why the data set cannot be looked up; null where it can.</summary>
    public static async Task<ProblemHttpResult?> RefuseDatasetAsync(IArtifactStore store, string artifactId, CancellationToken cancellationToken)
    {
        if (!DigestPattern().IsMatch(artifactId))
        {
            return Problems.DatasetUnusable("An artefact's id has 64 hexadecimal digits.");
        }

        try
        {
            using var rows = await DatasetRows.OpenAsync(store, artifactId, cancellationToken);
            return null;
        }
        catch (Exception e) when (e is ArtifactException or NotADatasetException)
        {
            return Problems.DatasetUnusable(e.Message);
        }
    }

    [GeneratedRegex(@"\A[\p{L}\p{Nd}][\p{L}\p{Nd}._-]{0,63}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex DigestPattern();
}
