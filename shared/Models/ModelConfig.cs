namespace InternPlatform.Models;

/// <summary>Shape and constants of a LLaMA-type decoder: the <c>config.json</c> of a Hugging Face model folder.</summary>
/// <remarks>Touvron et al. 2023, "LLaMA"; grouped-query attention: Ainslie et al. 2023; rotary positions: Su et al. 2021.</remarks>
public sealed record ModelConfig
{
    /// <summary><c>model_type</c>: llama, internlm, internlm2, internlm3, mistral, qwen2 or qwen3.</summary>
    public string ModelType { get; init; } = "llama";

    /// <summary>Rows of the embedding, <c>vocab_size</c>.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the residual stream, <c>hidden_size</c>.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width inside the SwiGLU, <c>intermediate_size</c>.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary><c>num_hidden_layers</c>.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Query heads, <c>num_attention_heads</c>.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Key and value heads, <c>num_key_value_heads</c>; each serves HeadCount / KvHeadCount query heads.</summary>
    public required int KvHeadCount { get; init; }

    /// <summary>Width of a head, <c>head_dim</c>; even, because rotary positions turn pairs.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Added to the mean square in RMSNorm, <c>rms_norm_eps</c>.</summary>
    public float RmsNormEpsilon { get; init; } = 1e-6f;

    /// <summary>Base of the rotary frequencies, <c>rope_theta</c>.</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary><c>rope_scaling</c>; null: positions are not scaled.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Whether the projections to queries, keys and values add a bias.</summary>
    public bool QkvBias { get; init; }

    /// <summary>Whether the projection of the attention's output adds a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether the three matrices of the SwiGLU add a bias.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Whether each query and key head goes through an RMSNorm before rotary positions, as in Qwen3.</summary>
    public bool QkNorm { get; init; }

    /// <summary>Positions the model was trained for, <c>max_position_embeddings</c>.</summary>
    public int ContextLength { get; init; } = 2048;

    /// <summary>Whether the output matrix is the embedding, <c>tie_word_embeddings</c>.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary><c>bos_token_id</c>.</summary>
    public int? BosTokenId { get; init; }

    /// <summary><c>eos_token_id</c>: ids that end a text.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary><c>pad_token_id</c>.</summary>
    public int? PadTokenId { get; init; }

    /// <summary><c>torch_dtype</c>: what the weights are stored in, as far as the file says.</summary>
    public string? TorchDtype { get; init; }

    /// <summary><c>quantization_config</c>; null: all weights are floats.</summary>
    public QuantizationConfig? Quantization { get; init; }

    /// <summary>Bits of one weight inside the layers, as far as the file says.</summary>
    public int WeightBits => Quantization?.Bits ?? (TorchDtype is "bfloat16" or "float16" ? 16 : 32);

    /// <summary>What this model computes that a plain LLaMA does not, in words for a refusal; null: nothing.</summary>
    public string? BeyondPlainLlama => QkvBias || OutputBias || MlpBias ? "biases"
        : QkNorm ? "norms of queries and keys"
        : RopeScaling is { } scaling ? $"rotary positions scaled by '{scaling.Kind}'"
        : null;

    /// <summary>Reads a <c>config.json</c>. Keys that change no number are ignored.</summary>
    /// <exception cref="InvalidModelException">A key is missing or impossible, or asks for an architecture that is not of LLaMA's kind.</exception>
    public static ModelConfig Parse(ReadOnlySpan<byte> configJson) => ModelConfigJson.Parse("config.json", configJson.ToArray());

    /// <summary>The <c>config.json</c> that Hugging Face's library reads.</summary>
    /// <exception cref="InvalidModelException">The sizes do not fit together.</exception>
    public byte[] ToJson() => ModelConfigJson.Write(this);

    /// <summary>Number of trained values; tied weights count once.</summary>
    public long ParameterCount() => WeightNames.All(this).Sum(weight => weight.Shape.Aggregate(1L, (product, size) => product * size));

    /// <summary>
    /// Floating-point operations to train on one token: 6 for each weight of a matrix product, and 12 · layers · heads ·
    /// head width · length for attention scores and mixing. The look-up of the embedding is free.
    /// </summary>
    /// <param name="sequenceLength">Tokens in a row. Causal masking is not deducted.</param>
    /// <remarks>Chowdhery et al. 2022, "PaLM", appendix B. A forward pass alone takes a third.</remarks>
    public long FlopsPerToken(int sequenceLength)
    {
        var lookedUp = TieWordEmbeddings ? 0 : (long)VocabularySize * HiddenSize;
        var vectors = WeightNames.All(this).Where(weight => weight.Shape.Length == 1).Sum(weight => weight.Shape[0]);
        return 6 * (ParameterCount() - lookedUp - vectors) + 12L * LayerCount * HeadCount * HeadDim * sequenceLength;
    }
}
