using InternPlatform.Models;
using InternPlatform.Tests.Support;
using InternPlatform.Training;
using InternPlatform.Training.Checkpoints;
using InternPlatform.Training.Loop;
using InternPlatform.Training.Model;
using TorchSharp;
using static TorchSharp.torch;
using Xunit;

namespace InternPlatform.Numerics.Tests.Training;

/// <summary>Low-rank additions: their gradients, their merge, and their files.</summary>
[Collection("libtorch")]
public sealed class LoraTests : IDisposable
{
    private readonly TinyModel tiny = new();
    private readonly TemporaryFolder temporary = new();
    private readonly ModelFolder model;
    private readonly PretrainOptions options;

    public LoraTests()
    {
        LibTorch.SetThreads(1);
        model = tiny.Open();
        options = TuneOptions.Shape(TinyModel.Config) with { SequenceLength = 21, BatchSize = 2, MatrixOptimizer = MatrixOptimizer.AdamW, WeightDecay = 0 };
    }

    public void Dispose()
    {
        model.Dispose();
        tiny.Dispose();
        temporary.Dispose();
    }

    [Fact]
    public void Before_the_first_step_the_model_is_the_base_model_bit_for_bit()
    {
        using var plain = Full();
        using var lora = Lora();
        var batch = GradientTests.Batch(options, 1);
        Assert.Equal(Hidden(plain, batch), Hidden(lora, batch));
        Assert.Equal(plain.LossSum(batch), lora.LossSum(batch));
    }

    [Fact]
    public void Gradients_of_the_additions_are_the_slope_of_the_loss()
    {
        using var trainer = Lora();
        Randomise(trainer);
        var batch = GradientTests.Batch(options, 1);
        using var gradients = new Gradients(trainer.Trained);
        trainer.Backward(batch, gradients, 1);
        foreach (var group in trainer.Trained)
        {
            // As in GradientTests: the slope along the gradient is its squared length; rounding and the third derivative leave about 1e-2.
            using var gradient = gradients.Of(group).clone();
            var square = gradient.pow(2).sum().ToDouble();
            var step = .004 / Math.Sqrt(square);
            var slope = (LossAt(trainer, group, gradient, step / 2, batch) - LossAt(trainer, group, gradient, -step / 2, batch)) / step;
            Assert.True(Math.Abs((slope / square) - 1) < 1e-2, $"{group.Name}: {slope / square} of the gradient");
        }
    }

    [Fact]
    public void Merged_weights_give_what_the_additions_gave()
    {
        using var trainer = Lora();
        Randomise(trainer);
        var batch = GradientTests.Batch(options, 2);
        var apart = Hidden(trainer, batch);
        trainer.Decoder.Lora!.Merge();
        using (no_grad())
        {
            trainer.Decoder.Lora.All.ToList().ForEach(group => group.Master.zero_());
        }

        var merged = Hidden(trainer, batch);
        Assert.NotEqual(Hidden(Full(), batch), merged);

        // Normed hidden states of about 1; the orders of the sums differ, float32.
        Assert.All(apart.Zip(merged), pair => Assert.Equal(pair.First, pair.Second, 2e-4f));
    }

    [Fact]
    public void A_step_changes_the_additions_and_nothing_else()
    {
        using var trainer = Lora();
        var before = TrainerTensors.Hash(trainer.Decoder.Parameters);
        var additions = TrainerTensors.Hash(TrainerTensors.Weights(trainer.Trained));
        trainer.Step([GradientTests.Batch(options, 3)], 1);
        Assert.Equal(before, TrainerTensors.Hash(trainer.Decoder.Parameters));
        Assert.NotEqual(additions, TrainerTensors.Hash(TrainerTensors.Weights(trainer.Trained)));
    }

    [Fact]
    public void Live_tensors_do_not_grow_with_steps()
    {
        using var trainer = new Trainer(options, ScalarType.BFloat16, Decoder(ScalarType.BFloat16));
        trainer.Step([GradientTests.Batch(options, 1)], 1);
        // What earlier tests left to the garbage collector must not go in between.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        for (var step = 0; step < 30; step++)
        {
            trainer.Step([GradientTests.Batch(options, step)], 1);
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Bf16_gradients_follow_the_float32_ones()
    {
        using var exact = Lora();
        using var coarse = new Trainer(options, ScalarType.BFloat16, Decoder(ScalarType.BFloat16));
        Randomise(exact);
        Randomise(coarse);
        var batch = GradientTests.Batch(options, 2);
        using var exactGradients = new Gradients(exact.Trained);
        using var coarseGradients = new Gradients(coarse.Trained);
        exact.Backward(batch, exactGradients, 1);
        coarse.Backward(batch, coarseGradients, 1);
        foreach (var (a, b) in exact.Trained.Zip(coarse.Trained))
        {
            Tensor x = exactGradients.Of(a), y = coarseGradients.Of(b);
            Assert.InRange((x * y).sum().ToDouble() / (x.norm() * y.norm()).ToDouble(), .98, 1.01);
        }
    }

    [Fact]
    public void An_adapter_that_is_written_and_read_back_merges_to_the_same_weights()
    {
        var tuned = TuningTests.Run(new TuneOptions { SequenceLength = 16, BatchSize = 2, Epochs = 1, LoraRank = 3, LoraAlpha = 5, WarmupSteps = 1, Threads = 1 }, model, Folder("run"));
        var direct = TuningExport.WriteModel(Folder("direct"), model, tuned.CheckpointFolder, TinyModel.Tokenizer, [4, 2]);
        TuningExport.WriteAdapter(Folder("adapter"), tuned.CheckpointFolder, "tiny");
        Assert.Equal(direct, TuningExport.MergeAdapter(Folder("merged"), model, Folder("adapter"), TinyModel.Tokenizer, [4, 2]));
        Assert.True(File.ReadAllBytes(Path.Combine(Folder("direct"), "model.safetensors")).AsSpan()
            .SequenceEqual(File.ReadAllBytes(Path.Combine(Folder("merged"), "model.safetensors"))));

        using var merged = ModelFolder.Open(Folder("direct"));
        Assert.Equal([4, 2], merged.Config.EosTokenIds);
        Assert.Contains("4", File.ReadAllText(Path.Combine(Folder("direct"), "generation_config.json")), StringComparison.Ordinal);
        Assert.NotEqual(model.ReadFloats(WeightNames.Layer(1).DownProj), merged.ReadFloats(WeightNames.Layer(1).DownProj));
        Assert.Equal(model.ReadFloats(WeightNames.Embedding), merged.ReadFloats(WeightNames.Embedding));
    }

    [Fact]
    public void An_adapter_has_the_names_and_shapes_of_the_peft_library()
    {
        var tuned = TuningTests.Run(new TuneOptions { SequenceLength = 16, BatchSize = 2, LoraRank = 3, Threads = 1 }, model, Folder("run"));
        TuningExport.WriteAdapter(Folder("adapter"), tuned.CheckpointFolder, "tiny");
        using var file = SafetensorsFile.Open(Path.Combine(Folder("adapter"), "adapter_model.safetensors"));
        Assert.Equal(2 * 7 * 2, file.Tensors.Count);
        Assert.Equal([3L, 32], file.Tensors["base_model.model.model.layers.0.self_attn.k_proj.lora_A.weight"].Shape);
        Assert.Equal([16L, 3], file.Tensors["base_model.model.model.layers.0.self_attn.k_proj.lora_B.weight"].Shape);
        Assert.Equal([3L, 64], file.Tensors["base_model.model.model.layers.1.mlp.down_proj.lora_A.weight"].Shape);
        Assert.Equal([64L, 3], file.Tensors["base_model.model.model.layers.1.mlp.up_proj.lora_B.weight"].Shape);
        var config = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder("adapter"), "adapter_config.json"))).RootElement;
        Assert.Equal(("LORA", 3, 16.0, "CAUSAL_LM"), (
            config.GetProperty("peft_type").GetString(), config.GetProperty("r").GetInt32(), config.GetProperty("lora_alpha").GetDouble(), config.GetProperty("task_type").GetString()));
    }

    [Theory]
    [InlineData("\"LORA\"", "\"IA3\"", "LORA is what can be read")]
    [InlineData("\"use_dora\": false", "\"use_dora\": true", "use_dora")]
    [InlineData("\"r\": 3", "\"r\": 4", "belongs to another model")]
    [InlineData("\"r\": 3", "\"r\": -1", "not a rank")]
    [InlineData("\"q_proj\",", "", "belongs to no linear map")]
    [InlineData("\"q_proj\"", "\"wqkv\"", "wqkv")]
    public void An_adapter_that_cannot_be_merged_is_refused(string written, string changed, string reason)
    {
        var tuned = TuningTests.Run(new TuneOptions { SequenceLength = 16, BatchSize = 2, LoraRank = 3, Threads = 1 }, model, Folder("run"));
        TuningExport.WriteAdapter(Folder("adapter"), tuned.CheckpointFolder, "tiny");
        var config = Path.Combine(Folder("adapter"), "adapter_config.json");
        var text = File.ReadAllText(config);
        Assert.Contains(written, text, StringComparison.Ordinal);
        File.WriteAllText(config, text.Replace(written, changed, StringComparison.Ordinal));
        var refusal = Assert.Throws<InvalidModelException>(() => TuningExport.MergeAdapter(Folder("merged"), model, Folder("adapter"), TinyModel.Tokenizer, [2]));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    private string Folder(string name) => Path.Combine(temporary.Path, name);

    private Trainer Full() => new(options, ScalarType.Float32, new Decoder(options, ScalarType.Float32, new DecoderParameters(options, ScalarType.Float32, model, frozen: false), null));

    private Trainer Lora() => new(options, ScalarType.Float32, Decoder(ScalarType.Float32));

    private Decoder Decoder(ScalarType type)
    {
        var parameters = new DecoderParameters(options, type, model, frozen: true);
        return new Decoder(options, type, parameters, new LoraParameters(parameters, 3, 6, 1, type));
    }

    private static void Randomise(Trainer trainer)
    {
        var random = new Random(9);
        using var _ = no_grad();
        foreach (var group in trainer.Trained.Where(group => group.Name.EndsWith("_b", StringComparison.Ordinal)))
        {
            using var values = tensor(Enumerable.Range(0, (int)group.Master.numel()).Select(_ => (float)(random.NextDouble() - .5) * .3f).ToArray(), group.Master.shape);
            group.Master.copy_(values);
        }

        trainer.Refresh();
    }

    private static float[] Hidden(Trainer trainer, InternPlatform.Training.Data.Batch batch)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        return trainer.Decoder.Forward(trainer.Decoder.Embed(tensor(batch.Ids)), batch).Hidden_RD.data<float>().ToArray();
    }

    private static double LossAt(Trainer trainer, ParameterGroup group, Tensor direction, double distance, InternPlatform.Training.Data.Batch batch)
    {
        using var before = group.Master.clone();
        using (no_grad())
        {
            group.Master.add_(direction, distance);
        }

        var loss = trainer.LossSum(batch);
        group.Master.copy_(before);
        return loss;
    }
}
