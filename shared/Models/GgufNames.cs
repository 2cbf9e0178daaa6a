namespace InternPlatform.Models;

/// <summary>llama.cpp's names of our weights.</summary>
internal static class GgufNames
{
    public const string Embedding = "token_embd.weight";
    public const string FinalNorm = "output_norm.weight";
    public const string Output = "output.weight";

    /// <param name="weightName">A name of <see cref="WeightNames"/>, <c>model.layers.3.self_attn.q_proj.weight</c>.</param>
    /// <returns><c>blk.3.attn_q.weight</c>.</returns>
    public static string Of(string weightName) => weightName switch
    {
        WeightNames.Embedding => Embedding,
        WeightNames.FinalNorm => FinalNorm,
        WeightNames.LmHead => Output,
        _ => InLayer(weightName.Split('.')),
    };

    private static string InLayer(string[] parts) => $"blk.{parts[2]}." + parts[^2] switch
    {
        "q_proj" => "attn_q",
        "k_proj" => "attn_k",
        "v_proj" => "attn_v",
        "o_proj" => "attn_output",
        "q_norm" => "attn_q_norm",
        "k_norm" => "attn_k_norm",
        "gate_proj" => "ffn_gate",
        "up_proj" => "ffn_up",
        "down_proj" => "ffn_down",
        "input_layernorm" => "attn_norm",
        "post_attention_layernorm" => "ffn_norm",
        var other => throw new ArgumentException($"There is no weight '{other}' in a layer.", nameof(parts)),
    } + "." + parts[^1];
}
