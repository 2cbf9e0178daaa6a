using InternPlatform.Tensors;
using InternPlatform.Tests.Support;

namespace InternPlatform.Models.Tests;

public sealed class ConversionTests : Folder
{
    [Fact]
    public void A_published_model_goes_through_every_format_and_back_bit_for_bit()
    {
        var stories = SharedData.Need("models/stories260K/stories260K.bin");
        using var original = ModelConverter.Open(stories);
        Llama2cWriter.Write(In("v1.bin"), original, 1);
        Convert("v1.bin", model => ModelConverter.WriteFolder(In("folder"), model, TinyModel.Tokenizer, DType.F32));
        Convert("folder", model => ModelConverter.WriteGguf(In("a.gguf"), model, GgufType.F32));
        Convert("a.gguf", model => ModelConverter.WriteGguf(In("b.gguf"), model, GgufType.F32));
        Convert("b.gguf", model => Llama2cWriter.Write(In("v0.bin"), model, 0));
        using var back = ModelConverter.Open(In("v0.bin"));
        AssertSame(original, back);
        Assert.Equal(File.ReadAllBytes(stories)[..^(4096 * 4)], File.ReadAllBytes(In("v0.bin"))[..^(4096 * 4)]);
        Assert.Equal(File.ReadAllBytes(In("a.gguf")), File.ReadAllBytes(In("b.gguf")));

        void Convert(string name, Action<IModelSource> write)
        {
            using var model = ModelConverter.Open(In(name));
            AssertSame(original, model);
            write(model);
        }
    }

    [Theory]
    [InlineData(GgufType.F16, 1 / 2048.0)]
    [InlineData(GgufType.BF16, 1 / 256.0)]
    [InlineData(GgufType.Q80, 1 / 254.0 + 1 / 2048.0)]
    [InlineData(GgufType.Q40, 1 / 8.0 + 1 / 2048.0)]
    public void Fewer_bits_are_as_near_as_the_type_allows(GgufType type, double tolerance)
    {
        using var original = ModelConverter.Open(SharedData.Need("models/stories260K/stories260K.bin"));
        ModelConverter.WriteGguf(In("a.gguf"), original, type);
        using var model = GgufModel.Open(In("a.gguf"));

        // 172 values a row are no whole blocks of 32.
        Assert.Equal(type is GgufType.Q80 or GgufType.Q40 ? GgufType.F16 : type, model.File.Tensors["blk.0.ffn_down.weight"].Type);
        Assert.Equal(GgufType.F32, model.File.Tensors["output_norm.weight"].Type);
        foreach (var (name, _) in WeightNames.All(original.Config))
        {
            foreach (var (block, read) in original.ReadFloats(name).Chunk(32).Zip(model.ReadFloats(name).Chunk(32)))
            {
                var most = block.Max(Math.Abs);
                Assert.All(block.Zip(read), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, (most * tolerance) + 1e-7));
            }
        }
    }

    [Theory]
    [InlineData("llama", "llama", true, true, true, false)]
    [InlineData("internlm3", "llama", true, false, false, false)]
    [InlineData("qwen2", "qwen2", true, false, false, false)]
    [InlineData("qwen3", "qwen3", false, false, false, true)]
    public void Biases_and_norms_of_each_family_go_through_GGUF(string type, string architecture, bool qkv, bool output, bool mlp, bool norm)
    {
        var config = TinyModel.Config with { ModelType = type, QkvBias = qkv, OutputBias = output, MlpBias = mlp, QkNorm = norm, HeadDim = 8 };
        using var original = new NumberedModel(config);
        ModelConverter.WriteGguf(In("a.gguf"), original, GgufType.F32);
        using var model = GgufModel.Open(In("a.gguf"));
        Assert.Equal(architecture, model.File.Metadata["general.architecture"]);
        Assert.Equal(config with { EosTokenIds = [] }, model.Config with { EosTokenIds = [], });
        Assert.Equal(config.EosTokenIds, model.Config.EosTokenIds);
        AssertSame(original, model);
    }

    [Fact]
    public void Queries_and_keys_are_reordered_as_llama_cpps_converter_does_and_only_for_its_llama()
    {
        var config = TinyModel.Config with { HeadDim = 8 };
        ModelConverter.WriteGguf(In("llama.gguf"), new NumberedModel(config), GgufType.F32);
        ModelConverter.WriteGguf(In("qwen.gguf"), new NumberedModel(config with { ModelType = "qwen2", QkvBias = true }), GgufType.F32);
        using var llama = GgufFile.Open(In("llama.gguf"));
        using var qwen = GgufFile.Open(In("qwen.gguf"));

        // weights.reshape(heads, 2, d / 2, columns).swapaxes(1, 2): row 2j + s of a head is its row s · d/2 + j.
        var keys = new NumberedModel(config).ReadFloats(WeightNames.Layer(1).KProj);
        var expected = Enumerable.Range(0, 16).SelectMany(row => keys.Skip(((row / 8 * 8) + (row % 2 * 4) + (row % 8 / 2)) * 16).Take(16));
        Assert.Equal(expected, llama.ReadFloats("blk.1.attn_k.weight"));
        Assert.Equal(new NumberedModel(config with { ModelType = "qwen2", QkvBias = true }).ReadFloats(WeightNames.Layer(1).KProj), qwen.ReadFloats("blk.1.attn_k.weight"));
    }

    [Theory]
    [InlineData(GgufType.Q40)]
    [InlineData(GgufType.Q80)]
    [InlineData(GgufType.Q4K)]
    [InlineData(GgufType.Q6K)]
    [InlineData(GgufType.F16)]
    public void Rows_of_a_weight_are_those_of_the_whole_in_the_memory_of_one_strip(GgufType type)
    {
        // Heads of 8: strips cut through heads whose rows the file has in another order.
        var config = TinyModel.Config with { HiddenSize = 256, IntermediateSize = 512, HeadCount = 8, HeadDim = 8 };
        ModelConverter.WriteGguf(In("a.gguf"), new NumberedModel(config), type);
        using var model = GgufModel.Open(In("a.gguf"));
        var names = WeightNames.Layer(1);
        foreach (var name in new[] { names.QProj, names.KProj, names.VProj, names.UpProj })
        {
            var (whole, encoding) = (model.ReadFloats(name), model.EncodingOf(name));
            var (rows, values) = (model.RowsOf(name), new float[16 * 256]);
            Read(0);
            rows.Floats(0, 16);
            var same = true;
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var row = 0; row < whole.Length / 256; row += 16)
            {
                Read(row);
                same &= whole.AsSpan(row * 256, 16 * 256).SequenceEqual(values) && whole.AsSpan(row * 256, 16 * 256).SequenceEqual(rows.Floats(row, 16));
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.True(same, name);

            void Read(int row)
            {
                switch (encoding)
                {
                    case { IsSuperBlocks: true }:
                        var super = rows.SuperBlocks(row, 16);
                        for (var i = 0; i < 16; i++)
                        {
                            super.Row(i, values.AsSpan(i * 256, 256));
                        }

                        break;
                    case { }:
                        var codes = rows.Codes(row, 16);
                        for (var i = 0; i < values.Length; i++)
                        {
                            values[i] = (codes.Codes[i] - codes.Zeros[i / 32]) * codes.Scales[i / 32];
                        }

                        break;
                    case null:
                        rows.Floats(row, 16).CopyTo(values);
                        break;
                }
            }
        }
    }

    [Fact]
    public void The_tokenizer_of_a_GGUF_file_comes_along()
    {
        GgufWriter.Write(In("a.gguf"), [.. Metadata(), ("tokenizer.ggml.model", "gpt2"), ("tokenizer.ggml.tokens", Enumerable.Range(0, 288).Select(i => $"t{i}").ToArray())], Tensors());
        using (var model = ModelConverter.Open(In("a.gguf")))
        {
            ModelConverter.WriteGguf(In("b.gguf"), model, GgufType.Q80);
        }

        using var again = GgufFile.Open(In("b.gguf"));
        Assert.Equal("gpt2", again.Metadata["tokenizer.ggml.model"]);
        Assert.Equal("t287", ((string[])again.Metadata["tokenizer.ggml.tokens"])[^1]);
    }

    [Theory]
    [InlineData("general.architecture", "gpt2", "'gpt2'")]
    [InlineData("general.architecture", 5u, "not a text")]
    [InlineData("llama.block_count", "2", "not a whole number")]
    [InlineData("llama.block_count", 3u, "blk.2.")]
    [InlineData("llama.block_count", ulong.MaxValue, "too large")]
    [InlineData("llama.embedding_length", 32u, "token_embd.weight")]
    [InlineData("llama.feed_forward_length", 25u, "ffn_gate")]
    [InlineData("llama.attention.head_count", 0u, "num_attention_heads")]
    [InlineData("llama.attention.head_count", -4, "num_attention_heads")]
    [InlineData("llama.attention.head_count_kv", 3u, "evenly")]
    [InlineData("llama.attention.value_length", 16u, "value_length")]
    [InlineData("llama.rope.dimension_count", 2u, "dimension_count")]
    [InlineData("llama.attention.layer_norm_rms_epsilon", 5u, "not a number")]
    [InlineData("llama.attention.layer_norm_rms_epsilon", -1f, "rms_norm_eps")]
    [InlineData("llama.expert_count", 8u, "expert_count")]
    [InlineData("llama.attention.sliding_window", 16u, "sliding_window")]
    [InlineData("llama.rope.scaling.type", "longrope", "longrope")]
    [InlineData("llama.rope.scaling.type", "linear", "scale_linear")]
    [InlineData("llama.vocab_size", 300u, "token_embd.weight")]
    [InlineData("tokenizer.ggml.eos_token_id", 4000u, "4000")]
    public void Metadata_that_cannot_be_run_are_refused_by_name(string key, object value, string named)
    {
        GgufWriter.Write(In("a.gguf"), [.. Metadata().Where(pair => pair.Key != key), (key, value)], Tensors());
        Assert.Contains(named, Assert.Throws<InvalidModelException>(() => GgufModel.Open(In("a.gguf"))).Reason);
    }

    [Theory]
    [InlineData("general.architecture")]
    [InlineData("llama.context_length")]
    [InlineData("llama.embedding_length")]
    [InlineData("llama.block_count")]
    [InlineData("llama.feed_forward_length")]
    [InlineData("llama.attention.head_count")]
    [InlineData("llama.attention.layer_norm_rms_epsilon")]
    public void Metadata_that_are_missing_are_named(string key)
    {
        GgufWriter.Write(In("a.gguf"), [.. Metadata().Where(pair => pair.Key != key)], Tensors());
        Assert.Contains($"'{key}' is missing", Assert.Throws<InvalidModelException>(() => GgufModel.Open(In("a.gguf"))).Reason);
    }

    [Fact]
    public void A_missing_or_foreign_tensor_is_named()
    {
        GgufWriter.Write(In("a.gguf"), Metadata(), [.. Tensors().Where(tensor => tensor.Name != "blk.1.attn_v.weight")]);
        Assert.Contains("blk.1.attn_v.weight", Assert.Throws<InvalidModelException>(() => GgufModel.Open(In("a.gguf"))).Reason);
        GgufWriter.Write(In("a.gguf"), Metadata(), [.. Tensors(), ("rope_freqs.weight", GgufType.F32, [2], () => [1, 1])]);
        Assert.Contains("rope_freqs.weight", Assert.Throws<InvalidModelException>(() => GgufModel.Open(In("a.gguf"))).Reason);
    }

    [Theory]
    [InlineData(RopeScalingKind.Linear)]
    [InlineData(RopeScalingKind.Yarn)]
    public void Scaled_positions_that_GGUF_can_say_come_back(RopeScalingKind kind)
    {
        var isYarn = kind == RopeScalingKind.Yarn;
        var scaling = new RopeScaling { Kind = kind, Factor = 4, OriginalContextLength = isYarn ? 512 : null, BetaFast = isYarn ? 32 : null, BetaSlow = isYarn ? 1 : null };
        ModelConverter.WriteGguf(In("a.gguf"), new NumberedModel(TinyModel.Config with { RopeScaling = scaling }), GgufType.F32);
        using var model = GgufModel.Open(In("a.gguf"));
        Assert.Equal(scaling, model.Config.RopeScaling);
    }

    [Fact]
    public void What_GGUF_cannot_say_is_not_written()
    {
        ModelConfig[] configs =
        [
            TinyModel.Config with { RopeScaling = new() { Kind = RopeScalingKind.Dynamic, Factor = 2 } },
            TinyModel.Config with { RopeScaling = new() { Kind = RopeScalingKind.Yarn, Factor = 2, BetaFast = 16, BetaSlow = 1 } },
            TinyModel.Config with { ModelType = "qwen3", QkNorm = true, QkvBias = true, OutputBias = true },
        ];
        Assert.All(configs, config => Assert.Throws<ArgumentException>(() => ModelConverter.WriteGguf(In("a.gguf"), new NumberedModel(config), GgufType.F32)));
        Assert.Throws<ArgumentException>(() => ModelConverter.WriteFolder(In("folder"), new NumberedModel(TinyModel.Config), TinyModel.Tokenizer, DType.I8));
    }

    [Fact]
    public void What_is_no_model_is_refused()
    {
        Assert.Contains("no such file", Assert.Throws<InvalidModelException>(() => ModelConverter.Open(In("nothing"))).Reason);
        File.WriteAllText(In("a.txt"), "This is a text of more than twenty-eight bytes.");
        Assert.Throws<InvalidModelException>(() => ModelConverter.Open(In("a.txt")));
    }

    private static (string Key, object Value)[] Metadata() => [.. GgufConfig.Write(TinyModel.Config)];

    private static (string Name, GgufType Type, long[] Shape, Func<float[]> ReadValues)[] Tensors() =>
        [.. WeightNames.All(TinyModel.Config).Select((weight, index) => (GgufNames.Of(weight.Name), GgufType.F32, weight.Shape, (Func<float[]>)(() => TinyModel.Values(index, weight.Shape))))];

    private static void AssertSame(IModelSource expected, IModelSource actual)
    {
        Assert.Equal(WeightNames.All(expected.Config).Select(weight => weight.Name), WeightNames.All(actual.Config).Select(weight => weight.Name));
        Assert.Equal(
            (expected.Config.HeadDim, expected.Config.RmsNormEpsilon, expected.Config.RopeTheta, expected.Config.ContextLength),
            (actual.Config.HeadDim, actual.Config.RmsNormEpsilon, actual.Config.RopeTheta, actual.Config.ContextLength));
        Assert.All(WeightNames.All(expected.Config), weight => Assert.Equal(expected.ReadFloats(weight.Name), actual.ReadFloats(weight.Name)));
    }
}
