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
    /// <param name="cache">The layer's cache, as <see cref="KvBlock"/> lays it out.</param>
    /// <param name="blockTable">Blocks of the sequence, in order.</param>
    /// <param name="contextLength">C: tokens that the query sees, itself included.</param>
    /// <param name="kvHeads">G; divides H.</param>
    /// <param name="headDim">D.</param>
    /// <param name="output">[H, D].</param>
    public static void Reference(ReadOnlySpan<double> query, ReadOnlySpan<float> cache, ReadOnlySpan<int> blockTable, int contextLength, int kvHeads, int headDim, Span<double> output)
    {
        var heads = query.Length / headDim;
        var weights = new double[contextLength];
        output.Clear();
        for (var h = 0; h < heads; h++)
        {
            var g = h / (heads / kvHeads);
            for (var t = 0; t < contextLength; t++)
            {
                var key = KvBlock.KeyOffset(blockTable[t / KvBlock.Tokens], g, t % KvBlock.Tokens, kvHeads, headDim);
                weights[t] = 0;
                for (var d = 0; d < headDim; d++)
                {
                    weights[t] += query[(h * headDim) + d] * cache[key + (d * KvBlock.Tokens)] / Math.Sqrt(headDim);
                }
            }

            Softmax.Reference(weights);
            for (var t = 0; t < contextLength; t++)
            {
                var value = KvBlock.ValueOffset(blockTable[t / KvBlock.Tokens], g, t % KvBlock.Tokens, kvHeads, headDim);
                for (var d = 0; d < headDim; d++)
                {
                    output[(h * headDim) + d] += weights[t] * cache[value + d];
                }
            }
        }
    }

    /// <summary>f32 values of scratch that a context of C tokens needs.</summary>
    public static int ScratchLength(int contextLength) => (contextLength + KvBlock.Tokens - 1) / KvBlock.Tokens * KvBlock.Tokens;

    /// <summary>Attention of some heads of one query token over its whole context.</summary>
    /// <param name="query">[H, D]; scaled by 1/√D inside.</param>
    /// <param name="cache">The layer's cache, as <see cref="KvBlock"/> lays it out.</param>
    /// <param name="blockTable">Blocks of the sequence, in order; at least ⌈C/16⌉.</param>
    /// <param name="contextLength">C: tokens that the query sees, itself included.</param>
    /// <param name="kvHeads">G; divides H.</param>
    /// <param name="headDim">D.</param>
    /// <param name="kvHead">The key-value head whose H / G query heads are computed; the rest of the output is left alone.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> values.</param>
    /// <param name="output">[H, D]; must not overlap the query.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    /// <remarks>|y − Reference| ≤ 1e-5 · max|V|, held by KernelTests.</remarks>
    public static void Invoke(ReadOnlySpan<float> query, ReadOnlySpan<float> cache, ReadOnlySpan<int> blockTable, int contextLength, int kvHeads, int headDim, int kvHead, Span<float> scratch, Span<float> output)
    {
        var heads = query.Length / headDim;
        var blocks = ScratchLength(contextLength) / KvBlock.Tokens;
        var blockLength = KvBlock.Length(kvHeads, headDim);
        Shape.Require(contextLength > 0 && blocks <= blockTable.Length, nameof(blockTable), $"{blockTable.Length} blocks for {contextLength} tokens");
        Shape.Require(heads * headDim == query.Length && heads % kvHeads == 0, nameof(query), $"{query.Length} values do not make heads of {headDim} in {kvHeads} groups");
        Shape.Require(kvHead >= 0 && kvHead < kvHeads, nameof(kvHead), $"head {kvHead} of {kvHeads}");
        Shape.Require(output.Length == query.Length, nameof(output), $"{output.Length} values, not {query.Length}");
        Shape.Require(scratch.Length >= blocks * KvBlock.Tokens, nameof(scratch), $"{scratch.Length} values for {contextLength} tokens");
        foreach (var block in blockTable[..blocks])
        {
            Shape.Require(block >= 0 && ((long)block + 1) * blockLength <= cache.Length, nameof(blockTable), $"block {block} lies outside the cache");
        }

        var scale = (float)(1 / Math.Sqrt(headDim));
        var group = heads / kvHeads;
        fixed (float* pq = query, pc = cache, ps = scratch, po = output)
        {
            fixed (int* table = blockTable)
            {
                var head = pc + (kvHead * 2 * KvBlock.Tokens * headDim);
                for (var h = kvHead * group; h < (kvHead + 1) * group; h++)
                {
                    Scores(pq + (h * headDim), head, table, blocks, blockLength, headDim, scale, ps);
                    scratch[contextLength..(blocks * KvBlock.Tokens)].Fill(float.NegativeInfinity);
                    Softmax.Invoke(scratch[..(blocks * KvBlock.Tokens)]);
                    Mix(ps, head + (KvBlock.Tokens * headDim), table, contextLength, blockLength, headDim, po + (h * headDim));
                }
            }
        }
    }

    /// <summary>Four blocks at a time hide the latency of the chain over d.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scores(float* q, float* head, int* table, int blocks, nint blockLength, int headDim, float scale, float* scores)
    {
        var b = 0;
        for (; b + 4 <= blocks; b += 4)
        {
            float* k0 = head + (table[b] * blockLength), k1 = head + (table[b + 1] * blockLength), k2 = head + (table[b + 2] * blockLength), k3 = head + (table[b + 3] * blockLength);
            Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default;
            for (var d = 0; d < headDim; d++)
            {
                var qd = Vector512.Create(q[d]);
                a0 = Vector512.FusedMultiplyAdd(Vector512.Load(k0 + (d * 16)), qd, a0);
                a1 = Vector512.FusedMultiplyAdd(Vector512.Load(k1 + (d * 16)), qd, a1);
                a2 = Vector512.FusedMultiplyAdd(Vector512.Load(k2 + (d * 16)), qd, a2);
                a3 = Vector512.FusedMultiplyAdd(Vector512.Load(k3 + (d * 16)), qd, a3);
            }

            (a0 * scale).Store(scores + (b * 16));
            (a1 * scale).Store(scores + (b * 16) + 16);
            (a2 * scale).Store(scores + (b * 16) + 32);
            (a3 * scale).Store(scores + (b * 16) + 48);
        }

        for (; b < blocks; b++)
        {
            var keys = head + (table[b] * blockLength);
            var sum = Vector512<float>.Zero;
            for (var d = 0; d < headDim; d++)
            {
                sum = Vector512.FusedMultiplyAdd(Vector512.Load(keys + (d * 16)), Vector512.Create(q[d]), sum);
            }

            (sum * scale).Store(scores + (b * 16));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix(float* weights, float* values, int* table, int contextLength, nint blockLength, int headDim, float* output)
    {
        var d = 0;
        for (; d + 32 <= headDim; d += 32)
        {
            Vector512<float> low = default, high = default;
            for (var t = 0; t < contextLength; t++)
            {
                var v = values + (table[t >> 4] * blockLength) + ((t & 15) * headDim) + d;
                var p = Vector512.Create(weights[t]);
                low = Vector512.FusedMultiplyAdd(Vector512.Load(v), p, low);
                high = Vector512.FusedMultiplyAdd(Vector512.Load(v + 16), p, high);
            }

            low.Store(output + d);
            high.Store(output + d + 16);
        }

        for (; d < headDim; d++)
        {
            var sum = 0f;
            for (var t = 0; t < contextLength; t++)
            {
                sum = MathF.FusedMultiplyAdd(values[(table[t >> 4] * blockLength) + ((t & 15) * headDim) + d], weights[t], sum);
            }

            output[d] = sum;
        }
    }
}
