using System.Runtime.InteropServices;
using System.Text;
using InternPlatform.Tensors;

namespace InternPlatform.Models.Tests;

public sealed class ModelFamilyTests : Folder
{
    private const string Sizes = "\"vocab_size\":100,\"hidden_size\":64,\"intermediate_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":4";
    private const string Grouped = Sizes + ",\"num_key_value_heads\":2,\"max_position_embeddings\":4096";

    // As published config.json files have it; queries-keys-values, output, SwiGLU.
    [Theory]
    [InlineData("internlm", Sizes, true, true, false)]
    [InlineData("internlm", Sizes + ",\"bias\":false", false, false, false)]
    [InlineData("internlm2", Sizes, true, true, false)]
    [InlineData("internlm2", Sizes + ",\"bias\":false", false, false, false)]
    [InlineData("internlm3", Grouped + ",\"qkv_bias\":false,\"bias\":false,\"head_dim\":16", false, false, false)]
    [InlineData("internlm3", Grouped + ",\"qkv_bias\":true,\"bias\":false", true, false, false)]
    [InlineData("internlm3", Grouped + ",\"bias\":true", false, true, true)]
    [InlineData("llama", Sizes + ",\"attention_bias\":true", true, true, false)]
    [InlineData("llama", Sizes + ",\"mlp_bias\":true", false, false, true)]
    [InlineData("mistral", Grouped + ",\"sliding_window\":null", false, false, false)]
    [InlineData("mistral", Grouped + ",\"sliding_window\":4096", false, false, false)]
    [InlineData("mistral", Grouped, false, false, false)]
    [InlineData("qwen2", Grouped + ",\"use_sliding_window\":false,\"sliding_window\":64,\"max_window_layers\":28", true, false, false)]
    [InlineData("qwen2", Grouped + ",\"use_sliding_window\":true,\"sliding_window\":4096", true, false, false)]
    [InlineData("qwen3", Grouped + ",\"head_dim\":32", false, false, false)]
    public void Each_family_has_its_biases(string type, string keys, bool qkv, bool output, bool mlp)
    {
        var config = Parse($$"""{"model_type":"{{type}}",{{keys}}}""");
        Assert.Equal((qkv, output, mlp, type == "qwen3"), (config.QkvBias, config.OutputBias, config.MlpBias, config.QkNorm));
        Assert.Equal(qkv || output || mlp || type is "qwen3" or "internlm", config.BeyondPlainLlama is not null);
    }

    [Theory]
    [InlineData("mistral", Sizes + ",\"num_key_value_heads\":2,\"max_position_embeddings\":32768", "sliding_window is 4096")]
    [InlineData("mistral", Grouped + ",\"sliding_window\":1024", "sliding_window is 1024")]
    [InlineData("qwen2", Grouped + ",\"use_sliding_window\":true,\"sliding_window\":1024", "sliding_window is 1024")]
    [InlineData("qwen3", Grouped + ",\"layer_types\":[\"sliding_attention\"]", "layer_types")]
    [InlineData("qwen2", Sizes + ",\"max_position_embeddings\":4096", "num_key_value_heads")]
    [InlineData("mistral", Sizes + ",\"num_key_value_heads\":2", "max_position_embeddings")]
    [InlineData("internlm", Sizes + ",\"rotary\":{\"type\":\"other\"}", "'other'")]
    [InlineData("internlm", Sizes + ",\"rotary\":5", "rotary")]
    [InlineData("internlm2", Sizes + ",\"quantization_config\":{\"quant_method\":\"awq\",\"version\":\"gemm\",\"bits\":4,\"group_size\":8,\"zero_point\":true}", "InternLM2")]
    [InlineData("qwen2_moe", Grouped, "'qwen2_moe'")]
    [InlineData("gemma", Grouped, "'gemma'")]
    public void What_a_family_can_ask_for_and_is_not_computed_is_refused_by_name(string type, string keys, string named) =>
        Assert.Contains(named, Assert.Throws<InvalidModelException>(() => Parse($$"""{"model_type":"{{type}}",{{keys}}}""")).Reason);

    [Fact]
    public void Qwen3_heads_are_128_wide_where_nothing_is_said() =>
        Assert.Equal((128, 16), (Parse($$"""{"model_type":"qwen3",{{Grouped}}}""").HeadDim, Parse($$"""{"model_type":"qwen3",{{Grouped}},"head_dim":null}""").HeadDim));

    [Fact]
    public void The_first_InternLM_has_its_rotary_positions_in_one_object()
    {
        var said = Parse($$$"""{"model_type":"internlm",{{{Sizes}}},"rotary":{"base":300000,"type":"dynamic","scaling_factor":2.0}}""");
        Assert.Equal((300_000.0, new RopeScaling { Kind = RopeScalingKind.Dynamic, Factor = 2 }), (said.RopeTheta, said.RopeScaling));
        Assert.Equal(new RopeScaling { Kind = RopeScalingKind.Dynamic, Factor = 1 }, Parse($$"""{"model_type":"internlm",{{Sizes}}}""").RopeScaling);
        Assert.Null(Parse($$$"""{"model_type":"internlm",{{{Sizes}}},"rotary":{"base":10000,"type":"origin"}}""").RopeScaling);
    }

    [Theory]
    [InlineData("""{"type":"linear","factor":2.0}""", RopeScalingKind.Linear, 2.0)]
    [InlineData("""{"factor":2.0,"type":"dynamic"}""", RopeScalingKind.Dynamic, 2.0)]
    [InlineData("""{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":32768}""", RopeScalingKind.Yarn, 4.0)]
    [InlineData("""{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192}""", RopeScalingKind.Llama3, 8.0)]
    public void Scaled_positions_are_read_and_come_back(string json, RopeScalingKind kind, double factor)
    {
        foreach (var key in new[] { "rope_scaling", "rope_parameters" })
        {
            var config = Parse($$"""{"model_type":"llama",{{Sizes}},"{{key}}":{{json}}}""");
            Assert.Equal((kind, factor), (config.RopeScaling!.Kind, config.RopeScaling.Factor));
            Assert.Equal(config.RopeScaling, ModelConfig.Parse(config.ToJson()).RopeScaling);
            Assert.Contains(kind.ToString(), config.BeyondPlainLlama);
        }
    }

    [Theory]
    [InlineData("llama", true, true, true, false)]
    [InlineData("internlm", true, true, false, false)]
    [InlineData("internlm3", true, false, false, false)]
    [InlineData("internlm3", false, true, true, false)]
    [InlineData("mistral", false, false, false, false)]
    [InlineData("qwen2", true, false, false, false)]
    [InlineData("qwen3", false, false, false, true)]
    public void A_configuration_of_each_family_comes_back_from_its_file(string type, bool qkv, bool output, bool mlp, bool norm)
    {
        var config = TinyModel.Config with { ModelType = type, QkvBias = qkv, OutputBias = output, MlpBias = mlp, QkNorm = norm, EosTokenIds = [] };
        var back = ModelConfig.Parse(config.ToJson());
        Assert.Equal(config with { EosTokenIds = back.EosTokenIds }, back);
    }

    [Theory]
    [InlineData("llama", true, false, false, false)]
    [InlineData("llama", false, false, false, true)]
    [InlineData("internlm", true, true, true, false)]
    [InlineData("mistral", true, true, false, false)]
    [InlineData("qwen2", false, false, false, false)]
    [InlineData("qwen3", false, false, false, false)]
    [InlineData("gpt2", false, false, false, false)]
    public void A_configuration_that_its_family_cannot_say_is_not_written(string type, bool qkv, bool output, bool mlp, bool norm) =>
        Assert.Throws<InvalidModelException>(() => (TinyModel.Config with { ModelType = type, QkvBias = qkv, OutputBias = output, MlpBias = mlp, QkNorm = norm }).ToJson());

    [Fact]
    public void Optional_weights_are_listed_with_their_shapes_and_counted()
    {
        var plain = TinyModel.Config;
        var config = plain with { QkvBias = true, OutputBias = true, MlpBias = true, QkNorm = true };
        var optional = WeightNames.All(config).Where(weight => WeightNames.All(plain).All(other => other.Name != weight.Name)).Select(weight => $"{weight.Name} {weight.Shape.Single()}").ToList();
        Assert.Equal(
            [
                "model.layers.0.self_attn.q_proj.bias 16", "model.layers.0.self_attn.k_proj.bias 8", "model.layers.0.self_attn.v_proj.bias 8", "model.layers.0.self_attn.o_proj.bias 16",
                "model.layers.0.mlp.gate_proj.bias 24", "model.layers.0.mlp.up_proj.bias 24", "model.layers.0.mlp.down_proj.bias 16",
                "model.layers.0.self_attn.q_norm.weight 4", "model.layers.0.self_attn.k_norm.weight 4",
            ],
            optional[..9]);
        Assert.Equal(18, optional.Count);
        Assert.Equal(plain.ParameterCount() + (2 * (16 + 8 + 8 + 16 + 24 + 24 + 16 + 4 + 4)), config.ParameterCount());
        Assert.Equal(plain.FlopsPerToken(10), config.FlopsPerToken(10));
    }

    [Theory]
    [InlineData("qwen2", true, false)]
    [InlineData("qwen3", false, true)]
    public void A_folder_with_optional_weights_comes_back(string type, bool qkv, bool norm)
    {
        var config = TinyModel.Config with { ModelType = type, QkvBias = qkv, QkNorm = norm };
        ModelFolderWriter.Write(In("model"), config, TinyModel.Tokenizer, TinyModel.Weights(config));
        using var folder = ModelFolder.Open(In("model"));
        Assert.Equal(config.ToJson(), folder.Config.ToJson());
        Assert.All(WeightNames.All(config).Index(), weight => Assert.Equal(TinyModel.Values(weight.Index, weight.Item.Shape), folder.ReadFloats(weight.Item.Name)));
        Assert.Throws<ArgumentException>(() => ModelFolderWriter.Write(In("other"), config, TinyModel.Tokenizer, TinyModel.Weights(TinyModel.Config)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void InternLM2s_grouped_matrix_is_taken_apart(bool bias)
    {
        WriteInternLm2(bias);
        using var folder = ModelFolder.Open(In("model"));
        Assert.Equal(("internlm2", bias, bias), (folder.Config.ModelType, folder.Config.QkvBias, folder.Config.OutputBias));

        // 2 groups of: 2 query heads of 4 rows, a key head, a value head. Row r of the matrix holds r in each column.
        float[] Rows(params int[] starts) => [.. starts.SelectMany(start => Enumerable.Range(start, 4)).Select(row => (float)row)];
        var layer = WeightNames.Layer(1);
        Assert.Equal(Rows(0, 4, 16, 20), FirstColumn(folder.ReadFloats(layer.QProj)));
        Assert.Equal(Rows(8, 24), FirstColumn(folder.ReadFloats(layer.KProj)));
        Assert.Equal(Rows(12, 28), FirstColumn(folder.ReadFloats(layer.VProj)));
        Assert.Equal([8, 16], folder.Entry(layer.KProj).Shape);
        Assert.Equal(folder.ReadFloats(layer.KProj), MemoryMarshal.Cast<byte, float>(folder.Bytes(layer.KProj)).ToArray());
        Assert.Equal(folder.Entry(layer.KProj).Length, folder.Bytes(layer.KProj).Length);
        if (bias)
        {
            Assert.Equal(Rows(8, 24), folder.ReadFloats(LayerWeightNames.Bias(layer.KProj)));
        }

        // Written again it has LLaMA's names and says so.
        ModelConverter.WriteFolder(In("again"), folder, TinyModel.Tokenizer, DType.F32);
        using var again = ModelFolder.Open(In("again"));
        Assert.Equal("llama", again.Config.ModelType);
        Assert.All(WeightNames.All(again.Config), weight => Assert.Equal(folder.ReadFloats(weight.Name), again.ReadFloats(weight.Name)));
    }

    [Fact]
    public void A_grouped_matrix_of_another_height_is_refused()
    {
        WriteInternLm2(bias: false, rows: 31);
        Assert.Contains("2 groups of 16 rows", Assert.Throws<InvalidModelException>(() => ModelFolder.Open(In("model"))).Reason);
    }

    private static float[] FirstColumn(float[] matrix) => [.. matrix.Chunk(16).Select(row => row[0])];

    private static ModelConfig Parse(string json) => ModelConfig.Parse(Encoding.UTF8.GetBytes(json));

    private void WriteInternLm2(bool bias, int rows = 32)
    {
        var (config, folder) = (TinyModel.Config, In("model"));
        Directory.CreateDirectory(folder);
        TinyModel.Tokenizer.Save(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {"model_type":"internlm2","vocab_size":288,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"bias":{{(bias ? "true" : "false")}}}
            """);
        List<(string, DType, long[], ReadOnlyMemory<byte>)> tensors = [Tensor("model.tok_embeddings.weight", 288, 16), Tensor("model.norm.weight", 16), Tensor("output.weight", 288, 16)];
        for (var i = 0; i < config.LayerCount; i++)
        {
            var layer = $"model.layers.{i}.";
            tensors.AddRange([Tensor(layer + "attention.wqkv.weight", rows, 16), Tensor(layer + "attention.wo.weight", 16, 16), Tensor(layer + "attention_norm.weight", 16), Tensor(layer + "ffn_norm.weight", 16)]);
            tensors.AddRange([Tensor(layer + "feed_forward.w1.weight", 24, 16), Tensor(layer + "feed_forward.w3.weight", 24, 16), Tensor(layer + "feed_forward.w2.weight", 16, 24)]);
            if (bias)
            {
                tensors.AddRange([Tensor(layer + "attention.wqkv.bias", rows), Tensor(layer + "attention.wo.bias", 16)]);
            }
        }

        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
    }

    private static (string, DType, long[], ReadOnlyMemory<byte>) Tensor(string name, params long[] shape)
    {
        var columns = shape.Length == 1 ? 1 : shape[1];
        var values = Enumerable.Range(0, (int)(shape[0] * columns)).Select(i => (float)(i / columns)).ToArray();
        return (name, DType.F32, shape, MemoryMarshal.AsBytes<float>(values).ToArray());
    }
}
