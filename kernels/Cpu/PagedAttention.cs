using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

// Legend: H query heads, G key-value heads (grouped-query attention, arXiv:2305.13245), D head size, C context length.
// Invariant: what one query sees depends on its own context only, in ascending position, so neither chunking of the
// prompt nor neighbours in the batch change a bit. Lanes past the context are masked before anything reads them:
// a recycled block may hold NaN.

/// <summary>Causal attention of one query token over a paged cache (Kwon et al. 2023, arXiv:2309.06180).</summary>
public static unsafe class PagedAttention
{
    /// <summary>The definition, in double: softmax(q · K / √D) · V for each head.</summary>
    /// <param name="query">[H, D].</param>
    /// <param name="cache">The layer's cache, as <see cref="KvBlock"/> writes it.</param>
    /// <param name="blockTable">Blocks of the sequence, in order.</param>
    /// <param name="contextLength">C: tokens that the query sees, itself included.</param>
    /// <param name="layout">Of the cache: G, which divides H, and D.</param>
    /// <param name="output">[H, D].</param>
    public static void Reference(ReadOnlySpan<double> query, ReadOnlySpan<byte> cache, ReadOnlySpan<int> blockTable, int contextLength, KvLayout layout, Span<double> output)
    {
        var (headDim, heads) = (layout.HeadDim, query.Length / layout.HeadDim);
        var weights = new double[contextLength];
        var (key, value) = (new float[headDim], new float[headDim]);
        output.Clear();
        for (var h = 0; h < heads; h++)
        {
            var g = h / (heads / layout.KvHeads);
            for (var t = 0; t < contextLength; t++)
            {
                KvBlock.Read(cache, blockTable[t / KvLayout.BlockTokens], t % KvLayout.BlockTokens, g, layout, key, value);
                weights[t] = 0;
                for (var d = 0; d < headDim; d++)
                {
                    weights[t] += query[(h * headDim) + d] * key[d] / Math.Sqrt(headDim);
                }
            }

            Softmax.Reference(weights);
            for (var t = 0; t < contextLength; t++)
            {
                KvBlock.Read(cache, blockTable[t / KvLayout.BlockTokens], t % KvLayout.BlockTokens, g, layout, key, value);
                for (var d = 0; d < headDim; d++)
                {
                    output[(h * headDim) + d] += weights[t] * value[d];
                }
            }
        }
    }

    // Query heads of one key-value head that share what is read of it.
    private const int HeadsAtOnce = 4;

    /// <summary>f32 values of scratch that a context of C tokens needs.</summary>
    public static int ScratchLength(int contextLength) => HeadsAtOnce * BlocksOf(contextLength) * KvLayout.BlockTokens;

    /// <summary>Attention of some heads of one query token over its whole context.</summary>
    /// <param name="query">[H, D]; scaled by 1/√D inside.</param>
    /// <param name="cache">The layer's cache, as <see cref="KvBlock"/> writes it.</param>
    /// <param name="blockTable">Blocks of the sequence, in order; at least ⌈C/16⌉.</param>
    /// <param name="contextLength">C: tokens that the query sees, itself included.</param>
    /// <param name="layout">Of the cache: G, which divides H, and D.</param>
    /// <param name="kvHead">The key-value head whose H / G query heads are computed; the rest of the output is left alone.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> values.</param>
    /// <param name="output">[H, D]; must not overlap the query.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    /// <remarks>|y − Reference| ≤ 1e-5 · max|V|, held by KernelTests.</remarks>
    public static void Invoke(ReadOnlySpan<float> query, ReadOnlySpan<byte> cache, ReadOnlySpan<int> blockTable, int contextLength, KvLayout layout, int kvHead, Span<float> scratch, Span<float> output)
    {
        var (headDim, heads) = (layout.HeadDim, query.Length / layout.HeadDim);
        var blocks = BlocksOf(contextLength);
        Shape.Require(contextLength > 0 && blocks <= blockTable.Length, nameof(blockTable), $"{blockTable.Length} blocks for {contextLength} tokens");
        Shape.Require(heads * headDim == query.Length && heads % layout.KvHeads == 0, nameof(query), $"{query.Length} values do not make heads of {headDim} in {layout.KvHeads} groups");
        Shape.Require(kvHead >= 0 && kvHead < layout.KvHeads, nameof(kvHead), $"head {kvHead} of {layout.KvHeads}");
        Shape.Require(layout.Refusal() is null, nameof(layout), $"{layout.Refusal()}");
        Shape.Require(output.Length == query.Length, nameof(output), $"{output.Length} values, not {query.Length}");
        Shape.Require(scratch.Length >= ScratchLength(contextLength), nameof(scratch), $"{scratch.Length} values for {contextLength} tokens");
        foreach (var block in blockTable[..blocks])
        {
            Shape.Require(block >= 0 && ((long)block + 1) * layout.BlockBytes <= cache.Length, nameof(blockTable), $"block {block} lies outside the cache");
        }

        var group = heads / layout.KvHeads;
        fixed (float* pq = query, ps = scratch, po = output)
        {
            fixed (byte* pc = cache)
            {
                fixed (int* table = blockTable)
                {
                    var head = new AttentionHead(pc + (kvHead * layout.HeadBytes), table, contextLength, layout);
                    for (var (h, end) = (kvHead * group, (kvHead + 1) * group); h < end;)
                    {
                        var count = end - h >= HeadsAtOnce ? HeadsAtOnce : 1;
                        Some(layout.Format, head, pq + (h * headDim), count, scratch[..(count * blocks * KvLayout.BlockTokens)], ps, po + (h * headDim));
                        h += count;
                    }
                }
            }
        }
    }

    private static int BlocksOf(int contextLength) => (contextLength + KvLayout.BlockTokens - 1) / KvLayout.BlockTokens;

    private static void Some(KvFormat format, in AttentionHead head, float* query, int heads, Span<float> weights, float* scores, float* output)
    {
        switch (format)
        {
            case KvFormat.Bits32:
                Attend<Float32Kv>(head, query, heads, weights, scores, output);
                break;
            case KvFormat.Bits16:
                Attend<Float16Kv>(head, query, heads, weights, scores, output);
                break;
            case KvFormat.Bits8:
                Attend<Int8Kv>(head, query, heads, weights, scores, output);
                break;
            default:
                Attend<Int4Kv>(head, query, heads, weights, scores, output);
                break;
        }
    }

    private static void Attend<TKv>(in AttentionHead head, float* query, int heads, Span<float> weights, float* scores, float* output)
        where TKv : struct, IKvElement
    {
        var length = weights.Length / heads;
        if (heads == HeadsAtOnce)
        {
            FourScores<TKv>(head, query, length / KvLayout.BlockTokens, scores);
        }
        else
        {
            Scores<TKv>(head, query, length / KvLayout.BlockTokens, scores);
        }

        var zeros = stackalloc float[HeadsAtOnce];
        for (var h = 0; h < heads; h++)
        {
            if (TKv.HasScales)
            {
                ScaleScores(head, query + (h * head.Dim), length / KvLayout.BlockTokens, scores + (h * length));
            }

            var own = weights.Slice(h * length, length);
            own[head.Context..].Fill(float.NegativeInfinity);
            Softmax.Invoke(own);
            zeros[h] = TKv.HasScales ? ScaleWeights(head, scores + (h * length)) : 0;
        }

        if (heads == HeadsAtOnce)
        {
            FourMixes<TKv>(head, scores, length, output);
        }
        else
        {
            Mix<TKv>(head, scores, output);
        }

        for (var i = 0; TKv.HasScales && i < heads * head.Dim; i++)
        {
            output[i] += zeros[i / head.Dim];
        }
    }

    /// <summary>Scores of four heads: each key that is read counts four times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourScores<TKv>(in AttentionHead head, float* q, int blocks, float* scores)
        where TKv : struct, IKvElement
    {
        var (dim, scale) = (head.Dim, head.Scale);
        float* q1 = q + dim, q2 = q1 + dim, q3 = q2 + dim;
        nint next = blocks * KvLayout.BlockTokens;
        var b = 0;
        for (; b + 2 <= blocks; b += 2)
        {
            byte* k0 = head.Block(b), k1 = head.Block(b + 1);
            Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
            for (var d = 0; d < dim; d++)
            {
                Vector512<float> key0 = TKv.Keys(k0, d, dim), key1 = TKv.Keys(k1, d, dim);
                var qd = Vector512.Create(q[d]);
                a0 = Vector512.FusedMultiplyAdd(key0, qd, a0);
                a1 = Vector512.FusedMultiplyAdd(key1, qd, a1);
                qd = Vector512.Create(q1[d]);
                b0 = Vector512.FusedMultiplyAdd(key0, qd, b0);
                b1 = Vector512.FusedMultiplyAdd(key1, qd, b1);
                qd = Vector512.Create(q2[d]);
                c0 = Vector512.FusedMultiplyAdd(key0, qd, c0);
                c1 = Vector512.FusedMultiplyAdd(key1, qd, c1);
                qd = Vector512.Create(q3[d]);
                d0 = Vector512.FusedMultiplyAdd(key0, qd, d0);
                d1 = Vector512.FusedMultiplyAdd(key1, qd, d1);
            }

            var to = scores + (b * KvLayout.BlockTokens);
            (a0 * scale).Store(to);
            (a1 * scale).Store(to + 16);
            (b0 * scale).Store(to + next);
            (b1 * scale).Store(to + next + 16);
            (c0 * scale).Store(to + (2 * next));
            (c1 * scale).Store(to + (2 * next) + 16);
            (d0 * scale).Store(to + (3 * next));
            (d1 * scale).Store(to + (3 * next) + 16);
        }

        if (b < blocks)
        {
            var keys = head.Block(b);
            Vector512<float> a0 = default, b0 = default, c0 = default, d0 = default;
            for (var d = 0; d < dim; d++)
            {
                var key = TKv.Keys(keys, d, dim);
                a0 = Vector512.FusedMultiplyAdd(key, Vector512.Create(q[d]), a0);
                b0 = Vector512.FusedMultiplyAdd(key, Vector512.Create(q1[d]), b0);
                c0 = Vector512.FusedMultiplyAdd(key, Vector512.Create(q2[d]), c0);
                d0 = Vector512.FusedMultiplyAdd(key, Vector512.Create(q3[d]), d0);
            }

            var to = scores + (b * KvLayout.BlockTokens);
            (a0 * scale).Store(to);
            (b0 * scale).Store(to + next);
            (c0 * scale).Store(to + (2 * next));
            (d0 * scale).Store(to + (3 * next));
        }
    }

    /// <summary>q · K / √D, or q · codes / √D. Four blocks at a time hide the latency of the chain over d.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scores<TKv>(in AttentionHead head, float* q, int blocks, float* scores)
        where TKv : struct, IKvElement
    {
        var (dim, scale) = (head.Dim, head.Scale);
        var b = 0;
        for (; b + 4 <= blocks; b += 4)
        {
            byte* k0 = head.Block(b), k1 = head.Block(b + 1), k2 = head.Block(b + 2), k3 = head.Block(b + 3);
            Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default;
            for (var d = 0; d < dim; d++)
            {
                var qd = Vector512.Create(q[d]);
                a0 = Vector512.FusedMultiplyAdd(TKv.Keys(k0, d, dim), qd, a0);
                a1 = Vector512.FusedMultiplyAdd(TKv.Keys(k1, d, dim), qd, a1);
                a2 = Vector512.FusedMultiplyAdd(TKv.Keys(k2, d, dim), qd, a2);
                a3 = Vector512.FusedMultiplyAdd(TKv.Keys(k3, d, dim), qd, a3);
            }

            (a0 * scale).Store(scores + (b * 16));
            (a1 * scale).Store(scores + (b * 16) + 16);
            (a2 * scale).Store(scores + (b * 16) + 32);
            (a3 * scale).Store(scores + (b * 16) + 48);
        }

        for (; b < blocks; b++)
        {
            var keys = head.Block(b);
            var sum = Vector512<float>.Zero;
            for (var d = 0; d < dim; d++)
            {
                sum = Vector512.FusedMultiplyAdd(TKv.Keys(keys, d, dim), Vector512.Create(q[d]), sum);
            }

            (sum * scale).Store(scores + (b * 16));
        }
    }

    /// <summary>q · (zero + scale · code) = zero · Σq + scale · (q · code), for each token.</summary>
    private static void ScaleScores(in AttentionHead head, float* q, int blocks, float* scores)
    {
        var sum = 0f;
        for (var d = 0; d < head.Dim; d++)
        {
            sum += q[d];
        }

        for (var b = 0; b < blocks; b++)
        {
            var scales = head.KeyScales(b);
            var scaled = Vector512.FusedMultiplyAdd(Vector512.Load(scores + (b * 16)), Vector512.Load(scales), Vector512.Load(scales + 16) * (sum * head.Scale));
            scaled.Store(scores + (b * 16));
        }
    }

    /// <summary>Σ w (zero + scale · code) = Σ w · zero + Σ (w · scale) · code: gives the first sum, and makes the weights of the second.</summary>
    private static float ScaleWeights(in AttentionHead head, float* weights)
    {
        var zero = 0f;
        for (var t = 0; t < head.Context; t++)
        {
            var scales = head.ValueScales(t >> 4) + (t & 15);
            zero = MathF.FusedMultiplyAdd(weights[t], scales[16], zero);
            weights[t] *= scales[0];
        }

        return zero;
    }

    /// <summary>Σ w V of one head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix<TKv>(in AttentionHead head, float* weights, float* output)
        where TKv : struct, IKvElement
    {
        // In locals: the innermost loop is the whole cost of a long context.
        var (dim, context) = (head.Dim, head.Context);
        var (blockBytes, rowBytes) = (head.BlockBytes, head.RowBytes);
        var values = head.First + head.PlaneBytes;
        var table = head.Table;
        var d = 0;
        for (; d + 32 <= dim; d += 32)
        {
            Vector512<float> low = default, high = default;
            for (var t = 0; t < context; t++)
            {
                var row = values + (table[t >> 4] * blockBytes) + ((t & 15) * rowBytes);
                var p = Vector512.Create(weights[t]);
                low = Vector512.FusedMultiplyAdd(TKv.Values(row, d), p, low);
                high = Vector512.FusedMultiplyAdd(TKv.Values(row, d + 16), p, high);
            }

            low.Store(output + d);
            high.Store(output + d + 16);
        }

        Rest<TKv>(head, d, weights, output);
    }

    /// <summary>Σ w V of four heads: each value that is read counts four times.</summary>
    /// <param name="weights">[4, <paramref name="length"/>].</param>
    /// <param name="output">[4, D].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourMixes<TKv>(in AttentionHead head, float* weights, int length, float* output)
        where TKv : struct, IKvElement
    {
        var (dim, context) = (head.Dim, head.Context);
        var (blockBytes, rowBytes) = (head.BlockBytes, head.RowBytes);
        var values = head.First + head.PlaneBytes;
        var table = head.Table;
        float* w1 = weights + length, w2 = w1 + length, w3 = w2 + length;
        var d = 0;
        for (; d + 32 <= dim; d += 32)
        {
            Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
            for (var t = 0; t < context; t++)
            {
                var row = values + (table[t >> 4] * blockBytes) + ((t & 15) * rowBytes);
                Vector512<float> low = TKv.Values(row, d), high = TKv.Values(row, d + 16);
                var p = Vector512.Create(weights[t]);
                a0 = Vector512.FusedMultiplyAdd(low, p, a0);
                a1 = Vector512.FusedMultiplyAdd(high, p, a1);
                p = Vector512.Create(w1[t]);
                b0 = Vector512.FusedMultiplyAdd(low, p, b0);
                b1 = Vector512.FusedMultiplyAdd(high, p, b1);
                p = Vector512.Create(w2[t]);
                c0 = Vector512.FusedMultiplyAdd(low, p, c0);
                c1 = Vector512.FusedMultiplyAdd(high, p, c1);
                p = Vector512.Create(w3[t]);
                d0 = Vector512.FusedMultiplyAdd(low, p, d0);
                d1 = Vector512.FusedMultiplyAdd(high, p, d1);
            }

            var to = output + d;
            a0.Store(to);
            a1.Store(to + 16);
            b0.Store(to + dim);
            b1.Store(to + dim + 16);
            c0.Store(to + (2 * dim));
            c1.Store(to + (2 * dim) + 16);
            d0.Store(to + (3 * dim));
            d1.Store(to + (3 * dim) + 16);
        }

        for (var h = 0; h < HeadsAtOnce; h++)
        {
            Rest<TKv>(head, d, weights + (h * length), output + (h * dim));
        }
    }

    /// <summary>Dimensions that fill no two vectors.</summary>
    private static void Rest<TKv>(in AttentionHead head, int from, float* weights, float* output)
        where TKv : struct, IKvElement
    {
        var values = head.First + head.PlaneBytes;
        for (var d = from; d < head.Dim; d++)
        {
            var sum = 0f;
            for (var t = 0; t < head.Context; t++)
            {
                sum = MathF.FusedMultiplyAdd(TKv.Value(values + (head.Table[t >> 4] * head.BlockBytes) + ((t & 15) * head.RowBytes), d), weights[t], sum);
            }

            output[d] = sum;
        }
    }
}
