using InternPlatform.Contracts.Pipelines;

namespace InternPlatform.Pipelines.Plans;

/// <summary>A plan as a value: its steps in order, and what it ends with.</summary>
/// <param name="Name">As <see cref="StartPipeline.Plan"/> names it.</param>
/// <param name="Steps">The steps for an input; the same input gives the same steps.</param>
/// <param name="Results">The figures and texts of a finished run.</param>
internal sealed record PipelinePlan(
    string Name,
    Func<StartPipeline, IReadOnlyList<PlanStep>> Steps,
    Func<RunFacts, IReadOnlyDictionary<string, string>> Results);

/// <summary>Every plan there is.</summary>
internal static class PipelinePlans
{
    private static readonly PipelinePlan[] All = [Tour.Plan, Application.Plan];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(plan => plan.Name)];

    public static PipelinePlan? Find(string name) => All.FirstOrDefault(plan => plan.Name == name);

    public static PipelinePlan Get(string name) =>
        Find(name) ?? throw new InvalidOperationException($"A stored run names the plan '{name}', which this version does not know.");
}
