using InternPlatform.Training;
using InternPlatform.Training.Data;
using InternPlatform.Training.Loop;
using InternPlatform.Training.Optimization;
using TorchSharp;
using Xunit;

namespace InternPlatform.Numerics.Tests.Training;

[Collection("libtorch")]
public sealed class OptimizerTests
{
    public OptimizerTests() => LibTorch.SetThreads(1);

    [Theory]
    [InlineData(8, 8)]
    [InlineData(8, 24)]
    public void Newton_Schulz_brings_singular_values_near_one(int rows, int columns)
    {
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator(1);
        var orthogonal = Muon.Orthogonalise(torch.randn(3, rows, columns, generator: generator), 10);
        var values = torch.linalg.svdvals(orthogonal);
        Assert.InRange(values.min().ToDouble(), .5, 1.3);       // the quintic leaves values in about [.7, 1.2]
        Assert.InRange(values.max().ToDouble(), .5, 1.3);
    }

    [Theory]
    [InlineData(MatrixOptimizer.Muon)]
    [InlineData(MatrixOptimizer.AdamW)]
    public void Training_on_one_batch_brings_its_loss_down(MatrixOptimizer optimizer)
    {
        using var trainer = new Trainer(TinyRun.Options with { MatrixOptimizer = optimizer }, torch.ScalarType.Float32);
        var batch = GradientTests.Batch(TinyRun.Options, 1);
        var first = trainer.Step([batch], 1).Loss;
        for (var step = 0; step < 60; step++)
        {
            trainer.Step([batch], 1);
        }

        Assert.True(trainer.Step([batch], 1).Loss < first / 3);
    }

    [Fact]
    public void The_gradient_of_two_micro_batches_is_that_of_one_of_both()
    {
        var wide = TinyRun.Options with { BatchSize = 4 };
        using var trainer = new Trainer(TinyRun.Options, torch.ScalarType.Float32);
        var (a, b, both) = (GradientTests.Batch(TinyRun.Options, 1), GradientTests.Batch(TinyRun.Options, 2), new Batch(4, 16));
        for (var i = 0; i < a.Ids.Length; i++)
        {
            (both.Ids[i], both.Labels[i], both.Positions[i]) = (a.Ids[i], a.Labels[i], a.Positions[i]);
            (both.Ids[a.Ids.Length + i], both.Labels[a.Ids.Length + i], both.Positions[a.Ids.Length + i]) = (b.Ids[i], b.Labels[i], b.Positions[i]);
        }

        both.Scored = a.Scored + b.Scored;
        using var twice = new Trainer(wide, torch.ScalarType.Float32);
        var (split, joined) = (trainer.Step([a, b], 0), twice.Step([both], 0));
        Assert.Equal(split.Loss, joined.Loss, 1e-5);
        Assert.Equal(split.GradientNorm, joined.GradientNorm, 1e-4 * joined.GradientNorm);
    }

    [Fact]
    public void The_learning_rate_rises_stays_and_falls()
    {
        var options = new PretrainOptions { TokenBudget = 100 * 2048, WarmupSteps = 10 };
        Assert.Equal(.1, Schedule.Factor(options, 1), 1e-12);
        Assert.Equal(1, Schedule.Factor(options, 10), 1e-12);
        Assert.Equal(1, Schedule.Factor(options, 50), 1e-12);
        Assert.Equal(.51, Schedule.Factor(options, 75), 1e-12);
        Assert.Equal(.02, Schedule.Factor(options, 100), 1e-12);
        Assert.Equal(.51, Schedule.Factor(options with { Decay = DecayShape.Cosine }, 75), 1e-12);
        Assert.Equal(1, Schedule.Factor(options with { Decay = DecayShape.Constant }, 100), 1e-12);
    }
}
