namespace InternPlatform.Models;

/// <summary>Rows of a matrix that repeat in groups: rows [g · Stride + Start, g · Stride + Start + Count) of each group g.</summary>
/// <param name="Groups">Number of groups.</param>
/// <param name="Stride">Rows of a group.</param>
/// <param name="Start">First row within a group.</param>
/// <param name="Count">Rows within a group.</param>
internal sealed record GroupedRows(int Groups, int Stride, int Start, int Count)
{
    /// <summary>Which of the matrix' rows one of these is.</summary>
    public int From(int row) => (row / Count * Stride) + Start + (row % Count);

    /// <summary>The rows under each other.</summary>
    /// <param name="matrix">[Groups · Stride, columns].</param>
    public T[] Of<T>(ReadOnlySpan<T> matrix)
    {
        var columns = matrix.Length / (Groups * Stride);
        var rows = new T[Groups * Count * columns];
        for (var group = 0; group < Groups; group++)
        {
            matrix.Slice(((group * Stride) + Start) * columns, Count * columns).CopyTo(rows.AsSpan(group * Count * columns));
        }

        return rows;
    }
}

/// <summary>
/// InternLM2's names of our weights. Queries, keys and values are one matrix there: for each key head its query heads, the key
/// head, the value head.
/// </summary>
internal static class InternLm2Names
{
    public static IEnumerable<(string Name, string Stored, GroupedRows? Rows)> Of(ModelConfig config)
    {
        yield return (WeightNames.Embedding, "model.tok_embeddings.weight", null);
        for (var index = 0; index < config.LayerCount; index++)
        {
            foreach (var weight in Layer(config, WeightNames.Layer(index), $"model.layers.{index}."))
            {
                yield return weight;
            }
        }

        yield return (WeightNames.FinalNorm, "model.norm.weight", null);
        yield return (WeightNames.LmHead, "output.weight", null);
    }

    private static IEnumerable<(string Name, string Stored, GroupedRows? Rows)> Layer(ModelConfig config, LayerWeightNames ours, string layer)
    {
        var (head, queries) = (config.HeadDim, config.HeadCount / config.KvHeadCount * config.HeadDim);
        var all = new GroupedRows(config.KvHeadCount, queries + (2 * head), 0, queries);
        foreach (var (name, rows) in new[] { (ours.QProj, all), (ours.KProj, all with { Start = queries, Count = head }), (ours.VProj, all with { Start = queries + head, Count = head }) })
        {
            yield return (name, layer + "attention.wqkv.weight", rows);
            yield return (LayerWeightNames.Bias(name), layer + "attention.wqkv.bias", rows);
        }

        yield return (ours.OProj, layer + "attention.wo.weight", null);
        yield return (LayerWeightNames.Bias(ours.OProj), layer + "attention.wo.bias", null);
        yield return (ours.GateProj, layer + "feed_forward.w1.weight", null);
        yield return (ours.UpProj, layer + "feed_forward.w3.weight", null);
        yield return (ours.DownProj, layer + "feed_forward.w2.weight", null);
        yield return (ours.InputNorm, layer + "attention_norm.weight", null);
        yield return (ours.PostAttentionNorm, layer + "ffn_norm.weight", null);
    }
}
