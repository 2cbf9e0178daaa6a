namespace InternPlatform.Models;

/// <summary>How rotary positions are stretched beyond the length a model was first trained for.</summary>
public enum RopeScalingKind
{
    /// <summary>Positions are divided by the factor (Chen et al. 2023, "Position Interpolation").</summary>
    Linear,

    /// <summary>The base grows with the text once it is longer than the trained length ("dynamic NTK").</summary>
    Dynamic,

    /// <summary>Low frequencies are interpolated, high ones kept, with a ramp between (Peng et al. 2023, "YaRN").</summary>
    Yarn,

    /// <summary>As YaRN with Llama 3.1's ramp over wave lengths and without a factor on attention.</summary>
    Llama3,
}

/// <summary><c>rope_scaling</c> of a <c>config.json</c>. What a kind does not use is null.</summary>
public sealed record RopeScaling
{
    /// <summary><c>rope_type</c>.</summary>
    public required RopeScalingKind Kind { get; init; }

    /// <summary><c>factor</c>, at least 1.</summary>
    public required double Factor { get; init; }

    /// <summary><c>original_max_position_embeddings</c>: positions before stretching; null: the model's context length.</summary>
    public int? OriginalContextLength { get; init; }

    /// <summary><c>low_freq_factor</c> of llama3: wave lengths over original length / this are interpolated.</summary>
    public double? LowFrequencyFactor { get; init; }

    /// <summary><c>high_freq_factor</c> of llama3: wave lengths under original length / this are kept.</summary>
    public double? HighFrequencyFactor { get; init; }

    /// <summary><c>beta_fast</c> of yarn: pairs that turn more often than this in the original length are kept; 32 where the file says nothing.</summary>
    public double? BetaFast { get; init; }

    /// <summary><c>beta_slow</c> of yarn: pairs that turn less often are interpolated; 1 where the file says nothing.</summary>
    public double? BetaSlow { get; init; }

    /// <summary><c>attention_factor</c> of yarn, on cosines and sines; null: 0.1 · ln(factor) + 1.</summary>
    public double? AttentionFactor { get; init; }
}
