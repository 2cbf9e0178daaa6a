namespace InternPlatform.Models;

/// <summary>What follows the header of a llama2.c file, in order: weights of one kind for all layers, then of the next.</summary>
internal static class Llama2cLayout
{
    /// <summary>Parts in the order of the file.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="version">Version 0 has the norms between the matrices, and tables of cosines and sines, which have no name.</param>
    public static IEnumerable<(string? Name, long[] Shape)> Of(ModelConfig config, int version)
    {
        var shapes = WeightNames.All(config).ToDictionary(weight => weight.Name, weight => weight.Shape, StringComparer.Ordinal);
        var layers = Enumerable.Range(0, config.LayerCount).Select(WeightNames.Layer).ToList();
        var names = version == 0 ? Legacy(layers) : Versioned(layers);
        foreach (var name in names)
        {
            yield return (name, name is null ? [config.ContextLength, config.HeadDim] : shapes[name]);
        }

        if (!config.TieWordEmbeddings)
        {
            yield return (WeightNames.LmHead, shapes[WeightNames.LmHead]);
        }
    }

    private static IEnumerable<string?> Legacy(List<LayerWeightNames> layers) =>
    [
        WeightNames.Embedding, .. layers.Select(layer => layer.InputNorm), .. Attention(layers), .. layers.Select(layer => layer.PostAttentionNorm), .. FeedForward(layers),
        WeightNames.FinalNorm, null,
    ];

    private static IEnumerable<string?> Versioned(List<LayerWeightNames> layers) =>
    [
        .. layers.Select(layer => layer.InputNorm), .. layers.Select(layer => layer.PostAttentionNorm), WeightNames.FinalNorm,
        WeightNames.Embedding, .. Attention(layers), .. FeedForward(layers),
    ];

    private static IEnumerable<string> Attention(List<LayerWeightNames> layers) =>
        [.. layers.Select(layer => layer.QProj), .. layers.Select(layer => layer.KProj), .. layers.Select(layer => layer.VProj), .. layers.Select(layer => layer.OProj)];

    private static IEnumerable<string> FeedForward(List<LayerWeightNames> layers) =>
        [.. layers.Select(layer => layer.GateProj), .. layers.Select(layer => layer.DownProj), .. layers.Select(layer => layer.UpProj)];
}
