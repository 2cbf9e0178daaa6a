using InternPlatform.Training;
using InternPlatform.Training.Checkpoints;
using InternPlatform.Training.Loop;
using TorchSharp;
using Xunit;

namespace InternPlatform.Numerics.Tests.Training;

/// <summary>Goal N4: a step with NaN or infinity changes nothing and says where.</summary>
[Collection("libtorch")]
public sealed class NonFiniteTests
{
    public NonFiniteTests() => LibTorch.SetThreads(1);

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_gradient_that_is_not_finite_is_named_and_the_weights_stay(float bad)
    {
        string[] names =
        [
            "model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "model.layers.1.self_attn.q_proj.weight",
            "model.layers.1.self_attn.o_proj.weight", "model.layers.0.mlp.gate_proj.weight", "model.layers.1.mlp.down_proj.weight",
            "model.layers.0.input_layernorm.weight", "model.layers.1.post_attention_layernorm.weight", "model.norm.weight",
        ];
        foreach (var name in names)
        {
            using var trainer = new Trainer(TinyRun.Options, torch.ScalarType.Float32) { AfterBackward = gradients => gradients.Spoil(name, bad) };
            var hash = TrainerTensors.Hash(trainer.Decoder.Parameters);
            var outcome = trainer.Step([GradientTests.Batch(TinyRun.Options, 1)], 1);
            Assert.Equal(name, outcome.NonFinite);
            Assert.Equal(hash, TrainerTensors.Hash(trainer.Decoder.Parameters));
            Assert.Equal(0, trainer.Updates);
        }
    }

    [Fact]
    public void An_activation_that_is_not_finite_is_named_by_its_layer()
    {
        using var trainer = new Trainer(TinyRun.Options, torch.ScalarType.Float32);
        using (torch.no_grad())
        {
            trainer.Decoder.Parameters.Down.Master[1].fill_(float.NaN);
        }

        trainer.Decoder.Parameters.Refresh();
        Assert.Equal("model.layers.1.mlp", trainer.Step([GradientTests.Batch(TinyRun.Options, 1)], 1).NonFinite);
    }
}
