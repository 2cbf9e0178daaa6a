using InternPlatform.Contracts.Catalog;

namespace InternPlatform.Portal.Components;

/// <summary>Lays lineage out in layers: each artefact stands after everything it was made from.</summary>
internal static class LineageLayers
{
    public static IReadOnlyList<IReadOnlyList<LineageNode>> Of(LineageView lineage)
    {
        var depth = lineage.Nodes.ToDictionary(node => node.ArtifactId, _ => 0);
        // Longest path by relaxing as often as there are nodes; more would only happen on a cycle, which artefacts cannot have.
        for (var round = 0; round < lineage.Nodes.Count && Relax(lineage.Edges, depth); round++)
        {
        }

        return [.. lineage.Nodes.GroupBy(node => depth[node.ArtifactId]).OrderBy(layer => layer.Key)
            .Select(layer => (IReadOnlyList<LineageNode>)[.. layer.OrderBy(node => node.At)])];
    }

    /// <summary>What was made from an artefact, directly or by others; newest first.</summary>
    public static IReadOnlyList<LineageNode> After(LineageView lineage, string artifactId)
    {
        var reached = new HashSet<string> { artifactId };
        for (var before = 0; before < reached.Count;)
        {
            before = reached.Count;
            reached.UnionWith(lineage.Edges.Where(edge => reached.Contains(edge.From)).Select(edge => edge.To).ToList());
        }

        return [.. lineage.Nodes.Where(node => node.ArtifactId != artifactId && reached.Contains(node.ArtifactId)).OrderByDescending(node => node.At)];
    }

    private static bool Relax(IEnumerable<LineageEdge> edges, Dictionary<string, int> depth)
    {
        var changed = false;
        foreach (var edge in edges)
        {
            if (depth.TryGetValue(edge.From, out var from) && depth.TryGetValue(edge.To, out var to) && to <= from)
            {
                depth[edge.To] = from + 1;
                changed = true;
            }
        }

        return changed;
    }
}
