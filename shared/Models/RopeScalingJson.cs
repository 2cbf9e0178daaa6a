using System.Text.Json;

namespace InternPlatform.Models;

/// <summary>Reads and writes <c>rope_scaling</c>. A kind or key whose effect is not known here is refused by name.</summary>
internal static class RopeScalingJson
{
    private const string OriginalLength = "original_max_position_embeddings";
    public const double DefaultBetaFast = 32;
    public const double DefaultBetaSlow = 1;

    /// <returns>Null: positions are not scaled.</returns>
    public static RopeScaling? Read(ConfigKeys keys) => (keys.Text("rope_type") ?? keys.Text("type")) switch
    {
        null or "default" => null,
        "linear" => new() { Kind = RopeScalingKind.Linear, Factor = keys.NeedNumber("factor") },
        "dynamic" => new() { Kind = RopeScalingKind.Dynamic, Factor = keys.NeedNumber("factor"), OriginalContextLength = keys.Integer(OriginalLength) },
        "yarn" => ReadYarn(keys),
        "llama3" => new()
        {
            Kind = RopeScalingKind.Llama3,
            Factor = keys.NeedNumber("factor"),
            OriginalContextLength = keys.NeedInteger(OriginalLength),
            LowFrequencyFactor = keys.NeedNumber("low_freq_factor"),
            HighFrequencyFactor = keys.NeedNumber("high_freq_factor"),
        },
        var other => throw keys.Invalid($"the rotary positions are scaled by '{other}'; linear, dynamic, yarn and llama3 are read."),
    };

    public static void Write(Utf8JsonWriter writer, RopeScaling scaling)
    {
        writer.WriteStartObject("rope_scaling");
        writer.WriteString("rope_type", Spell(scaling.Kind));
        writer.WriteNumber("factor", scaling.Factor);
        WriteOptional(OriginalLength, scaling.OriginalContextLength);
        WriteOptional("low_freq_factor", scaling.LowFrequencyFactor);
        WriteOptional("high_freq_factor", scaling.HighFrequencyFactor);
        WriteOptional("beta_fast", scaling.BetaFast);
        WriteOptional("beta_slow", scaling.BetaSlow);
        WriteOptional("attention_factor", scaling.AttentionFactor);
        writer.WriteEndObject();

        void WriteOptional(string key, double? value)
        {
            if (value is { } number)
            {
                writer.WriteNumber(key, number);
            }
        }
    }

    /// <summary>Why the numbers cannot be; null: they can.</summary>
    public static string? Refusal(RopeScaling scaling)
    {
        double?[] factors = [scaling.LowFrequencyFactor, scaling.HighFrequencyFactor, scaling.BetaFast, scaling.BetaSlow, scaling.AttentionFactor];
        return !(scaling.Factor is >= 1 and < double.PositiveInfinity) ? $"the factor of rope_scaling is {scaling.Factor}; it must be at least 1."
            : scaling.OriginalContextLength is < 1 or > 1 << 28 ? $"original_max_position_embeddings is {scaling.OriginalContextLength}."
            : factors.Any(factor => factor is not (null or (> 0 and < double.PositiveInfinity))) ? "a factor of rope_scaling is not positive."
            : scaling.HighFrequencyFactor <= scaling.LowFrequencyFactor ? "high_freq_factor is not over low_freq_factor."
            : scaling.BetaFast <= scaling.BetaSlow ? "beta_fast is not over beta_slow."
            : null;
    }

    private static RopeScaling ReadYarn(ConfigKeys keys)
    {
        foreach (var key in new[] { "mscale", "mscale_all_dim", "truncate" })
        {
            if (keys.Has(key))
            {
                throw keys.Invalid($"rope_scaling has '{key}', which is not read.");
            }
        }

        return new()
        {
            Kind = RopeScalingKind.Yarn,
            Factor = keys.NeedNumber("factor"),
            OriginalContextLength = keys.Integer(OriginalLength),
            BetaFast = keys.Number("beta_fast") ?? DefaultBetaFast,
            BetaSlow = keys.Number("beta_slow") ?? DefaultBetaSlow,
            AttentionFactor = keys.Number("attention_factor"),
        };
    }

    private static string Spell(RopeScalingKind kind) => kind switch
    {
        RopeScalingKind.Linear => "linear",
        RopeScalingKind.Dynamic => "dynamic",
        RopeScalingKind.Yarn => "yarn",
        _ => "llama3",
    };
}
