using InternPlatform.Contracts.Pipelines;

namespace InternPlatform.Portal.Components;

/// <summary>A step of a plan as the picture shows it, running or only planned.</summary>
public sealed record PlanNode
{
    public required string Name { get; init; }
    public required string Service { get; init; }
    public required bool IsGate { get; init; }
    public required IReadOnlyList<string> After { get; init; }
    public StepState State { get; init; } = StepState.Waiting;
    public int Round { get; init; }
    public string? Href { get; init; }

    public static PlanNode Of(PipelineStepView step) => new()
    {
        Name = step.Name,
        Service = step.Service,
        IsGate = step.IsGate,
        After = step.After,
        State = step.State,
        Round = step.Round,
        Href = step.Path ?? (step.JobId is { } job && Clients.JobsClient.Services.Contains(step.Service) ? $"/runs/{step.Service}/{job}" : null),
    };

    public static PlanNode Of(PlanStepView step) => new() { Name = step.Name, Service = step.Service, IsGate = step.IsGate, After = step.After };
}

/// <summary>A node with its place: column and row of a grid.</summary>
internal sealed record PlacedNode(PlanNode Node, double Column, int Row);

/// <summary>Places a plan from top to bottom: each step below all that it builds on; steps that build on nothing stand right above their first user.</summary>
internal static class PlanLayout
{
    public static IReadOnlyList<PlacedNode> Of(IReadOnlyList<PlanNode> nodes)
    {
        var rows = Rows(nodes);
        var widest = nodes.CountBy(node => rows[node.Name]).Max(row => row.Value);
        return
        [
            .. nodes.GroupBy(node => rows[node.Name]).SelectMany(row =>
            {
                var (inRow, left) = (row.ToArray(), (widest - row.Count()) / 2.0);
                return inRow.Select((node, at) => new PlacedNode(node, left + at, row.Key));
            }),
        ];
    }

    private static Dictionary<string, int> Rows(IReadOnlyList<PlanNode> nodes)
    {
        var rows = new Dictionary<string, int>(StringComparer.Ordinal);
        // A plan lists its steps in an order in which they can be done.
        foreach (var node in nodes)
        {
            rows[node.Name] = node.After.Where(rows.ContainsKey).Select(before => rows[before] + 1).DefaultIfEmpty(0).Max();
        }

        foreach (var source in nodes.Where(node => node.After.Count == 0))
        {
            rows[source.Name] = nodes.Where(user => user.After.Contains(source.Name)).Select(user => rows[user.Name] - 1).DefaultIfEmpty(0).Min();
        }

        return rows;
    }
}
