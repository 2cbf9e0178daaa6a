using InternPlatform.Inference.Engine;
using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;

namespace InternPlatform.Inference.Runners;

// Legend: T tokens of this step, D hidden, H query heads, G key-value heads, d head size, I inner size, V vocabulary.
// Every row is computed as if it were alone: no kernel's result depends on T, and a token attends to its own sequence's
// blocks only. All buffers are allocated once; a step allocates nothing.

/// <summary>Forward pass of a llama-type decoder (Touvron et al. 2023, arXiv:2302.13971), in paper order.</summary>
internal sealed class LlamaRunner
{
    // Kept: a step makes no delegates.
    private static readonly Func<LoraAdapter.Layer, LoraAdapter.Part[]> QueryKeyValueOf = layer => layer.QueryKeyValue;
    private static readonly Func<LoraAdapter.Layer, LoraAdapter.Part[]> OutputOf = layer => layer.Output;
    private static readonly Func<LoraAdapter.Layer, LoraAdapter.Part[]> GateUpOf = layer => layer.GateUp;
    private static readonly Func<LoraAdapter.Layer, LoraAdapter.Part[]> DownOf = layer => layer.Down;

    private readonly LlamaWeights weights;
    private readonly ModelConfig config;
    private readonly KvCache cache;
    private readonly StepScratch scratch;
    private readonly LoraWork? additions;
    private readonly AttentionWork attention;
    private readonly SwiGluWork activation;
    private readonly float[] cosines;
    private readonly float[] sines;
    private readonly float[] hidden;      // [T, D]
    private readonly float[] normed;      // [T, D]
    private readonly float[] projected;   // [T, (H + 2G) d]
    private readonly float[] mixed;       // [T, H d]
    private readonly float[] branch;      // [T, D]
    private readonly float[] gateUp;      // [T, 2I]
    private readonly float[] inner;       // [T, I]
    private readonly float[] logitInput;  // [rows, D]
    private readonly float[] logits;      // [rows, V]
    private int tokens;

    public LlamaRunner(LlamaWeights weights, KvCache cache, StepScratch scratch, LoraWork? additions, int stepTokens, int logitRows, int contextLength)
    {
        (this.weights, this.cache, this.scratch, this.additions, config) = (weights, cache, scratch, additions, weights.Config);
        (cosines, sines) = (new float[contextLength * config.HeadDim / 2], new float[contextLength * config.HeadDim / 2]);
        var (frequencies, amplitude) = Turns(config, contextLength);
        Rope.FillTables(frequencies, amplitude, cosines, sines);
        hidden = new float[stepTokens * config.HiddenSize];
        normed = new float[hidden.Length];
        branch = new float[hidden.Length];
        projected = new float[stepTokens * (config.HeadCount + (2 * config.KvHeadCount)) * config.HeadDim];
        mixed = new float[stepTokens * config.HeadCount * config.HeadDim];
        gateUp = new float[stepTokens * 2 * config.IntermediateSize];
        inner = new float[stepTokens * config.IntermediateSize];
        attention = new(config, cache.Layout, contextLength);
        activation = new(config.IntermediateSize);
        logitInput = new float[logitRows * config.HiddenSize];
        logits = new float[logitRows * config.VocabularySize];
    }

    /// <summary>Computes one step: keys and values go into the cache, final hidden states stay here for <see cref="Logits"/>.</summary>
    /// <param name="batch">T tokens, each with its position and the blocks of its sequence.</param>
    public void Forward(StepBatch batch)
    {
        tokens = batch.Count;
        var x_TD = hidden.AsSpan(0, tokens * config.HiddenSize);
        var n_TD = normed.AsSpan(0, x_TD.Length);
        var b_TD = branch.AsSpan(0, x_TD.Length);
        for (var t = 0; t < tokens; t++)
        {
            weights.Embedding.Row(batch.Tokens[t], x_TD.Slice(t * config.HiddenSize, config.HiddenSize));
        }

        for (var layer = 0; layer < weights.Layers.Count; layer++)
        {
            var w = weights.Layers[layer];
            RmsNorm.Invoke(x_TD, w.InputNorm, config.RmsNormEpsilon, n_TD);
            Attend(layer, batch);
            w.Output.Invoke(scratch, mixed, branch, tokens);
            additions?.Add(batch, layer, OutputOf, mixed, branch, config.HiddenSize);
            Add.Invoke(b_TD, x_TD);

            RmsNorm.Invoke(x_TD, w.PostAttentionNorm, config.RmsNormEpsilon, n_TD);
            w.GateUp.Invoke(scratch, normed, gateUp, tokens);
            additions?.Add(batch, layer, GateUpOf, normed, gateUp, 2 * config.IntermediateSize);
            activation.Invoke(scratch, gateUp, inner, tokens);
            w.Down.Invoke(scratch, inner, branch, tokens);
            additions?.Add(batch, layer, DownOf, inner, branch, config.HiddenSize);
            Add.Invoke(b_TD, x_TD);
        }

        RmsNorm.Invoke(x_TD, weights.FinalNorm, config.RmsNormEpsilon, n_TD);
    }

    /// <summary>Logits of some rows of the last step.</summary>
    /// <param name="rows">Row numbers, at most as many as were planned for.</param>
    /// <returns>[rows, V]; valid until the next call.</returns>
    public ReadOnlySpan<float> Logits(ReadOnlySpan<int> rows)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            normed.AsSpan(rows[i] * config.HiddenSize, config.HiddenSize).CopyTo(logitInput.AsSpan(i * config.HiddenSize));
        }

        weights.LmHead.Invoke(scratch, logitInput, logits, rows.Length);
        return logits.AsSpan(0, rows.Length * config.VocabularySize);
    }

    /// <summary>A row's final hidden state, [D], after the last norm; valid until the next step.</summary>
    public ReadOnlySpan<float> Hidden(int row) => normed.AsSpan(row * config.HiddenSize, config.HiddenSize);

    private static (double[] Frequencies, double Amplitude) Turns(ModelConfig config, int contextLength)
    {
        var (theta, width) = (config.RopeTheta, config.HeadDim);
        var trained = config.RopeScaling?.OriginalContextLength ?? config.ContextLength;
        return config.RopeScaling switch
        {
            null => (RopeFrequencies.Plain(theta, width), 1),
            { Kind: RopeScalingKind.Linear } s => (RopeFrequencies.Linear(theta, width, s.Factor), 1),
            { Kind: RopeScalingKind.Dynamic } s => (RopeFrequencies.DynamicNtk(theta, width, s.Factor, trained, contextLength), 1),
            { Kind: RopeScalingKind.Yarn } s => (RopeFrequencies.Yarn(theta, width, s.Factor, s.BetaFast ?? 32, s.BetaSlow ?? 1, trained), s.AttentionFactor ?? RopeFrequencies.YarnAttention(s.Factor)),
            { Kind: RopeScalingKind.Llama3 } s => (RopeFrequencies.Llama3(theta, width, s.Factor, s.LowFrequencyFactor!.Value, s.HighFrequencyFactor!.Value, trained), 1),
            _ => throw new InvalidModelException("config.json", $"'{config.RopeScaling.Kind}' is no way to scale rotary positions that is known here."),
        };
    }

    private void Attend(int layer, StepBatch batch)
    {
        var queries = config.HeadCount * config.HeadDim;
        var keys = config.KvHeadCount * config.HeadDim;
        var stride = queries + (2 * keys);
        var qkv = projected.AsSpan(0, tokens * stride);
        var blocks = cache.Layer(layer);
        weights.Layers[layer].QueryKeyValue.Invoke(scratch, normed, projected, tokens);
        additions?.Add(batch, layer, QueryKeyValueOf, normed, projected, stride);
        var positions = batch.Positions;
        for (var t = 0; t < tokens; t++)
        {
            var row = qkv.Slice(t * stride, stride);
            if (config.QkNorm)
            {
                RmsNorm.Invoke(row[..queries], weights.Layers[layer].QNorm, config.RmsNormEpsilon, row[..queries]);
                RmsNorm.Invoke(row.Slice(queries, keys), weights.Layers[layer].KNorm, config.RmsNormEpsilon, row.Slice(queries, keys));
            }

            Rope.Invoke(row[..(queries + keys)], positions.Slice(t, 1), cosines, sines, config.HeadCount + config.KvHeadCount, config.HeadDim);
            var block = batch.Tables[t][positions[t] / KvLayout.BlockTokens];
            KvBlock.Write(row.Slice(queries, keys), row[(queries + keys)..], blocks, block, positions[t] % KvLayout.BlockTokens, cache.Layout);
        }

        attention.Invoke(scratch, projected, batch, blocks, mixed);
    }
}
