using InternPlatform.Contracts.Catalog;

namespace InternPlatform.Portal.Components;

/// <summary>A cleaning report as a Sankey diagram: rows run from step to step, and what a step drops branches off.</summary>
internal static class CleaningSankey
{
    public static object Of(CleanResult result, Func<string, string> nameOf, string kept)
    {
        var links = new List<object>();
        var nodes = result.Steps.Select((step, at) => $"{at + 1} {nameOf(step.Kind)}").Append(kept).ToList();
        var dropped = new List<string>();
        for (var at = 0; at < result.Steps.Count; at++)
        {
            var step = result.Steps[at];
            Add(nodes[at], nodes[at + 1], step.RowsOut);
            if (step.RowsOut < step.RowsIn)
            {
                dropped.Add($"− {nodes[at]}");
                Add(nodes[at], dropped[^1], step.RowsIn - step.RowsOut);
            }
        }

        return new
        {
            series = new[]
            {
                new
                {
                    type = "sankey",
                    nodeAlign = "left",
                    draggable = false,
                    nodeGap = 14,
                    left = 8,
                    right = 120,
                    data = nodes.Select(name => new { name, depth = nodes.IndexOf(name) }).Concat(dropped.Select(name => new { name, depth = nodes.IndexOf(name[2..]) + 1 })),
                    links,
                    lineStyle = new { color = "source", opacity = 0.35 },
                    emphasis = new { focus = "adjacency" },
                },
            },
            tooltip = new { trigger = "item" },
        };

        // A link of no rows would still be drawn as a thread.
        void Add(string source, string target, long value)
        {
            if (value > 0)
            {
                links.Add(new { source, target, value });
            }
        }
    }
}
