using InternPlatform.Training;
using InternPlatform.Training.Data;
using InternPlatform.Training.Loop;
using InternPlatform.Training.Model;
using TorchSharp;
using static TorchSharp.torch;
using Xunit;

namespace InternPlatform.Numerics.Tests.Training;

/// <summary>The hand-written gradients (norm, rotary, SwiGLU, cross entropy, embedding) against finite differences of the whole loss.</summary>
[Collection("libtorch")]
public sealed class GradientTests
{
    public GradientTests() => LibTorch.SetThreads(1);

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Gradients_are_the_slope_of_the_loss(bool tied, bool masked)
    {
        var options = TinyRun.Options with { TieWordEmbeddings = tied, MaskAcrossSamples = masked };
        using var trainer = new Trainer(options, torch.ScalarType.Float32);
        var batch = Batch(options, 1);
        using var gradients = new Gradients(trainer.Decoder.Parameters.All);
        trainer.Backward(batch, gradients, 1);

        foreach (var group in trainer.Decoder.Parameters.All)
        {
            // The slope along the gradient itself is its squared length. The step is small beside the embedding's deviation of .02; rounding of
            // float32 losses and the third derivative leave about 1e-2.
            using var gradient = gradients.Of(group).clone();
            var square = gradient.pow(2).sum().ToDouble();
            var step = .004 / Math.Sqrt(square);
            var up = LossAt(trainer, group, gradient, step / 2, batch);
            var down = LossAt(trainer, group, gradient, -step / 2, batch);
            Assert.True(Math.Abs(((up - down) / step / square) - 1) < 1e-2, $"{group.Name}: {(up - down) / step / square} of the gradient");
        }
    }

    [Fact]
    public void Bf16_gradients_follow_the_float32_ones()
    {
        using var exact = new Trainer(TinyRun.Options, torch.ScalarType.Float32);
        using var coarse = new Trainer(TinyRun.Options, torch.ScalarType.BFloat16);
        var batch = Batch(TinyRun.Options, 2);
        using var exactGradients = new Gradients(exact.Decoder.Parameters.All);
        using var coarseGradients = new Gradients(coarse.Decoder.Parameters.All);
        Assert.Equal(exact.Backward(batch, exactGradients, 1), coarse.Backward(batch, coarseGradients, 1), 1.0);
        foreach (var (a, b) in exact.Decoder.Parameters.All.Zip(coarse.Decoder.Parameters.All))
        {
            Tensor x = exactGradients.Of(a), y = coarseGradients.Of(b);
            var cosine = ((x * y).sum() / (x.norm() * y.norm())).ToDouble();
            Assert.InRange(cosine, .99, 1.01);
        }
    }

    [Fact]
    public void A_token_with_a_negative_id_is_read_but_not_scored()
    {
        var batch = new Batch(1, 4);
        batch.Add(0, 0, [1, -2, 3, -4], 0, 4);
        Assert.Equal([1, 2, 3, 4], batch.Ids);
        Assert.Equal([-1, 3, -1, -1], batch.Labels);
        Assert.Equal(1, batch.Scored);
    }

    [Fact]
    public void A_sample_does_not_see_its_neighbours_in_the_row()
    {
        using var trainer = new Trainer(TinyRun.Options, torch.ScalarType.Float32);
        int[] sample = [5, 6, 7, 8, 9];
        Assert.Equal(SecondSampleLoss(trainer, [1, 2, 3, 4], sample), SecondSampleLoss(trainer, [30, 31, 32, 33, 34, 35], sample), 1e-4);
    }

    [Fact]
    public void Live_tensors_do_not_grow_with_steps()
    {
        using var trainer = new Trainer(TinyRun.Options, torch.ScalarType.BFloat16);
        trainer.Step([Batch(TinyRun.Options, 1)], 1);
        // What other tests have left to the collector goes now, not between the two counts.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        for (var step = 0; step < 30; step++)
        {
            trainer.Step([Batch(TinyRun.Options, step)], 1);
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    internal static Batch Batch(PretrainOptions options, int seed)
    {
        var random = new Random(seed);
        var batch = new Batch(options.BatchSize, options.SequenceLength);
        for (var row = 0; row < options.BatchSize; row++)
        {
            batch.Clear(row);
            for (var column = 0; column + 7 <= options.SequenceLength; column += 7)
            {
                batch.Add(row, column, [.. Enumerable.Range(0, 7).Select(t => (t == 3 ? -1 : 1) * (1 + random.Next(39)))], 0, 7);
            }
        }

        return batch;
    }

    private static double SecondSampleLoss(Trainer trainer, int[] first, int[] second)
    {
        var batch = new Batch(1, 16);
        batch.Clear(0);
        batch.Add(0, 0, [.. first.Select(id => -id)], 0, first.Length);
        batch.Add(0, first.Length, second, 0, second.Length);
        return trainer.LossSum(batch);
    }

    private static double LossAt(Trainer trainer, ParameterGroup group, Tensor direction, double distance, Batch batch)
    {
        using var before = group.Master.clone();
        using (torch.no_grad())
        {
            group.Master.add_(direction, distance);
        }

        trainer.Decoder.Parameters.Refresh();
        var loss = trainer.LossSum(batch);
        group.Master.copy_(before);
        return loss;
    }
}
