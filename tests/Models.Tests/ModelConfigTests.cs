using System.Text;
using System.Text.Json.Nodes;

namespace InternPlatform.Models.Tests;

public sealed class ModelConfigTests
{
    [Fact]
    public void A_configuration_comes_back_from_its_file()
    {
        var config = TinyModel.Config with { HeadDim = 6, EosTokenIds = [2, 4], PadTokenId = 2, BosTokenId = 1, TorchDtype = "bfloat16", RopeTheta = 1e6, RmsNormEpsilon = 1e-5f };
        var back = ModelConfig.Parse(config.ToJson());
        Assert.Equal(config.EosTokenIds, back.EosTokenIds);
        Assert.Equal(config with { EosTokenIds = back.EosTokenIds }, back);
    }

    [Fact]
    public void What_is_left_out_has_Hugging_Faces_defaults()
    {
        var config = Parse("""{"model_type":"llama","vocab_size":100,"hidden_size":64,"intermediate_size":8,"num_hidden_layers":1,"num_attention_heads":4,"eos_token_id":2,"something_new":{"a":1}}""");
        Assert.Equal((4, 16, 1e-6f, 10_000.0, 2048), (config.KvHeadCount, config.HeadDim, config.RmsNormEpsilon, config.RopeTheta, config.ContextLength));
        Assert.Equal([2], config.EosTokenIds);
        Assert.False(config.TieWordEmbeddings);
        Assert.Null(config.PadTokenId);
    }

    [Fact]
    public void The_newer_spelling_of_rotary_parameters_is_read() =>
        Assert.Equal(500_000, ParseWith("rope_parameters", """{"rope_type":"default","rope_theta":500000.0}""", remove: "rope_theta").RopeTheta);

    [Theory]
    [InlineData("model_type", "\"gpt2\"", "'gpt2'")]
    [InlineData("hidden_act", "\"gelu\"", "'gelu'")]
    [InlineData("attention_bias", "1", "attention_bias")]
    [InlineData("mlp_bias", "1", "mlp_bias")]
    [InlineData("rope_scaling", """{"rope_type":"longrope","factor":8.0}""", "longrope")]
    [InlineData("rope_scaling", """{"rope_type":"llama3","factor":8.0}""", "original_max_position_embeddings")]
    [InlineData("rope_scaling", """{"rope_type":"llama3","factor":8.0,"original_max_position_embeddings":8192,"low_freq_factor":4,"high_freq_factor":1}""", "high_freq_factor")]
    [InlineData("rope_scaling", """{"type":"linear"}""", "factor")]
    [InlineData("rope_scaling", """{"type":"dynamic","factor":0.5}""", "factor")]
    [InlineData("rope_scaling", "\"linear\"", "not an object")]
    [InlineData("rope_parameters", """{"rope_type":"yarn"}""", "factor")]
    [InlineData("rope_parameters", """{"rope_type":"yarn","factor":4,"mscale":1}""", "mscale")]
    [InlineData("rope_parameters", """{"rope_type":"yarn","factor":4,"beta_fast":1}""", "beta_fast")]
    [InlineData("partial_rotary_factor", "0.5", "partial_rotary_factor")]
    [InlineData("layer_types", """["full_attention","sliding_attention"]""", "layer_types")]
    [InlineData("vocab_size", "0", "vocab_size")]
    [InlineData("vocab_size", "1e3", "vocab_size")]
    [InlineData("vocab_size", "\"100\"", "vocab_size")]
    [InlineData("hidden_size", "99999999999", "hidden_size")]
    [InlineData("hidden_size", "2000000000", "hidden_size")]
    [InlineData("num_hidden_layers", "1000000", "num_hidden_layers")]
    [InlineData("num_attention_heads", "0", "num_attention_heads")]
    [InlineData("num_key_value_heads", "3", "heads")]
    [InlineData("num_key_value_heads", "0", "num_key_value_heads")]
    [InlineData("head_dim", "7", "head_dim")]
    [InlineData("rms_norm_eps", "-1", "rms_norm_eps")]
    [InlineData("rope_theta", "0", "rope_theta")]
    [InlineData("eos_token_id", "[2, \"x\"]", "eos_token_id")]
    [InlineData("eos_token_id", "99999", "99999")]
    [InlineData("tie_word_embeddings", "\"yes\"", "tie_word_embeddings")]
    public void A_key_that_cannot_be_run_is_refused_by_name(string key, string value, string named) =>
        Assert.Contains(named, Assert.Throws<InvalidModelException>(() => ParseWith(key, value)).Reason);

    [Theory]
    [InlineData("model_type")]
    [InlineData("vocab_size")]
    [InlineData("hidden_size")]
    [InlineData("intermediate_size")]
    [InlineData("num_hidden_layers")]
    [InlineData("num_attention_heads")]
    public void A_key_that_is_missing_is_named(string key) =>
        Assert.Contains($"'{key}'", Assert.Throws<InvalidModelException>(() => ParseWith("unused", "1", remove: key)).Reason);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{")]
    public void What_is_no_JSON_object_is_refused(string json) => Assert.Throws<InvalidModelException>(() => Parse(json));

    [Fact]
    public void Any_value_under_any_key_is_read_or_refused_by_type()
    {
        foreach (var key in JsonNode.Parse(TinyModel.Config.ToJson())!.AsObject().Select(member => member.Key).Append("rope_parameters"))
        {
            foreach (var value in new[] { "null", "true", "0", "-1", "2", "1e30", "1e400", "\"x\"", "\"\"", "[]", "{}", "[[]]", "[null]", "{\"rope_type\":5}", "{\"rope_theta\":[]}" })
            {
                var thrown = Record.Exception(() => ParseWith(key, value));
                Assert.True(thrown is null or InvalidModelException, $"{key}: {value} gave {thrown}");
            }
        }
    }

    [Fact]
    public void Parameters_and_operations_are_counted()
    {
        // The tour's model: width 128, 4 layers, 4 heads over 2, SwiGLU 352, vocabulary 2048, tied.
        var config = new ModelConfig { VocabularySize = 2048, HiddenSize = 128, IntermediateSize = 352, LayerCount = 4, HeadCount = 4, KvHeadCount = 2, HeadDim = 32, TieWordEmbeddings = true };
        const long layer = 128 * 128 + 2 * 128 * 64 + 128 * 128 + 3 * 128 * 352;
        Assert.Equal(2048 * 128 + 4 * (layer + 2 * 128) + 128, config.ParameterCount());
        Assert.Equal(6 * (2048 * 128 + 4 * layer) + 12 * 4 * 128 * 100, config.FlopsPerToken(100));
        Assert.Equal(config.FlopsPerToken(100), (config with { TieWordEmbeddings = false }).FlopsPerToken(100));
        Assert.Equal(config.ParameterCount() + 2048 * 128, (config with { TieWordEmbeddings = false }).ParameterCount());
    }

    private static ModelConfig Parse(string json) => ModelConfig.Parse(Encoding.UTF8.GetBytes(json));

    private static ModelConfig ParseWith(string key, string value, string? remove = null)
    {
        var json = JsonNode.Parse(TinyModel.Config.ToJson())!.AsObject();
        json[key] = JsonNode.Parse(value);
        if (remove is not null)
        {
            json.Remove(remove);
        }

        return Parse(json.ToJsonString());
    }
}
