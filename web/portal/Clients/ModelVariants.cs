using InternPlatform.Contracts.Catalog;

namespace InternPlatform.Portal.Clients;

/// <summary>A model and what was made from it by rounding, found by lineage and told by their figures.</summary>
/// <param name="Original">The model that was rounded; null where it is not in the catalogue.</param>
/// <param name="Rounded">Its variants, most bits first.</param>
/// <param name="Shards">Shards in its lineage: what a new variant can be measured on.</param>
public sealed record ModelVariants(ModelView? Original, IReadOnlyList<ModelView> Rounded, IReadOnlyList<LineageNode> Shards)
{
    private const string Model = "model";

    /// <summary>Where the original lies in the chart, as its variants measured it.</summary>
    public (double Bytes, double Perplexity)? OriginalPoint =>
        Rounded.FirstOrDefault(IsMeasured) is { } variant ? (variant.Figures["originalBytes"], variant.Figures["originalPerplexity"]) : null;

    public static bool IsRounded(ModelView model) => model.Figures.ContainsKey("bits") && model.Figures.ContainsKey("bytes");

    /// <summary>Both perplexities were measured.</summary>
    public static bool IsMeasured(ModelView model) =>
        IsRounded(model) && model.Figures.ContainsKey("perplexity") && model.Figures.ContainsKey("originalPerplexity") && model.Figures.ContainsKey("originalBytes");

    /// <summary>For a rounded model, its original's variants, itself among them.</summary>
    public static async Task<ModelVariants> OfAsync(CatalogClient catalog, ModelView model, CancellationToken cancellationToken)
    {
        var lineage = await catalog.LineageAsync(model.ArtifactId, cancellationToken);
        var shards = lineage.Nodes.Where(node => node.Kind == "shards").OrderByDescending(node => node.At).ToList();
        if (!IsRounded(model))
        {
            return new(model, await RoundedAsync(catalog, lineage, model.ArtifactId, cancellationToken), shards);
        }

        var parent = lineage.Nodes.FirstOrDefault(node => node.Kind == Model && lineage.Edges.Any(edge => edge.From == node.ArtifactId && edge.To == model.ArtifactId));
        return parent is not null && await FindAsync(catalog, parent, cancellationToken) is { } original && !IsRounded(original)
            ? await OfAsync(catalog, original, cancellationToken)
            : new(null, [model], shards);
    }

    private static async Task<IReadOnlyList<ModelView>> RoundedAsync(CatalogClient catalog, LineageView lineage, string artifactId, CancellationToken cancellationToken)
    {
        var made = lineage.Edges.Where(edge => edge.From == artifactId).Select(edge => edge.To).ToHashSet();
        var models = await Task.WhenAll(lineage.Nodes.Where(node => node.Kind == Model && made.Contains(node.ArtifactId)).Select(node => FindAsync(catalog, node, cancellationToken)));
        return [.. models.OfType<ModelView>().Where(IsRounded).OrderByDescending(model => model.Figures["bits"]).ThenByDescending(model => model.Figures["bytes"])];
    }

    /// <summary>A node's path is its page: the last part of it is the model's id.</summary>
    private static async Task<ModelView?> FindAsync(CatalogClient catalog, LineageNode node, CancellationToken cancellationToken) =>
        node.Path is { } path && path.StartsWith("/models/", StringComparison.Ordinal) ? await catalog.ModelAsync(path["/models/".Length..], cancellationToken) : null;
}
