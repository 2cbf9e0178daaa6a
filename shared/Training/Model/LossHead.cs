using System.Runtime.InteropServices;
using InternPlatform.Kernels.Cpu.Training;
using InternPlatform.Training.Data;
using InternPlatform.Training.Optimization;
using static TorchSharp.torch;

namespace InternPlatform.Training.Model;

/// <summary>Cross entropy over the scored tokens only; the logits become their own gradient in place, so V-wide temporaries exist once.</summary>
internal sealed class LossHead(Decoder decoder)
{
    /// <summary>Row counts are rounded up to this, so that matrix kernels are compiled for few shapes.</summary>
    private const int RowMultiple = 128;

    /// <summary>Rows whose logits are held at once.</summary>
    private const int ChunkRows = 4096;

    /// <summary>Sum of −log p(label) in nats over the batch's scored tokens, without gradients.</summary>
    public double Sum(Tensor hidden_RD, Batch batch)
    {
        using var scope = NewDisposeScope();
        var rows = ScoredRows(batch);
        return Chunks(rows).Sum(chunk =>
        {
            using var inner = NewDisposeScope();
            var logits = decoder.Logits(hidden_RD.detach().index_select(0, tensor(chunk.Rows)));
            return LossAndGradient(logits, chunk.Labels, 1);
        });
    }

    /// <summary>Loss sum and the gradients of <c>sum · scale</c>.</summary>
    /// <param name="hidden_RD">Output of <see cref="Decoder.Forward"/>, in the graph.</param>
    /// <param name="batch">Labels of the same rows.</param>
    /// <param name="scale">One over the scored tokens of the whole optimizer step.</param>
    /// <param name="withWeights">Whether the logit weights are trained.</param>
    /// <returns>The loss sum in nats; the gradient at <paramref name="hidden_RD"/>, same shape; and that of the logit weights, [V, D] float32, or null. Both in the caller's scope.</returns>
    public (double Sum, Tensor Hidden_RD, Tensor? Weights_VD) Backward(Tensor hidden_RD, Batch batch, double scale, bool withWeights)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var weights_VD = decoder.Parameters.LogitWeights.Leaves[0].detach();
        var hiddenGradient = zeros_like(hidden_RD);
        var weightGradient = withWeights ? zeros(weights_VD.shape, ScalarType.Float32) : null;
        var sum = 0.0;
        foreach (var chunk in Chunks(ScoredRows(batch)))
        {
            using var inner = NewDisposeScope();
            var rows = tensor(chunk.Rows);
            var chosen = hidden_RD.detach().index_select(0, rows);
            var logits = chosen.matmul(weights_VD.t());
            sum += LossAndGradient(logits, chunk.Labels, (float)scale);
            hiddenGradient.AccumulateRows(rows, logits.matmul(weights_VD));
            weightGradient?.Accumulate(logits.t().matmul(chosen), 1);
        }

        return (sum, hiddenGradient.MoveToOuterDisposeScope(), weightGradient?.MoveToOuterDisposeScope());
    }

    private static List<(int Row, int Label)> ScoredRows(Batch batch)
    {
        var scored = new List<(int, int)>(batch.Scored);
        for (var row = 0; row < batch.Labels.Length; row++)
        {
            if (batch.Labels[row] >= 0)
            {
                scored.Add((row, batch.Labels[row]));
            }
        }

        return scored;
    }

    private static IEnumerable<(long[] Rows, int[] Labels)> Chunks(List<(int Row, int Label)> scored)
    {
        for (var from = 0; from < scored.Count; from += ChunkRows)
        {
            var count = Math.Min(ChunkRows, scored.Count - from);
            var padded = (count + RowMultiple - 1) / RowMultiple * RowMultiple;
            var rows = new long[padded];
            var labels = new int[padded];
            Array.Fill(labels, -1);
            for (var i = 0; i < count; i++)
            {
                (rows[i], labels[i]) = scored[from + i];
            }

            yield return (rows, labels);
        }
    }

    // Per-row losses are added in row order: the sum does not depend on how rows were spread over threads.
    private static double LossAndGradient(Tensor logits, int[] labels, float scale)
    {
        var losses = new float[labels.Length];
        var width = (int)logits.shape[1];
        var blocks = Math.Min(get_num_threads(), labels.Length);
        if (blocks == 1)
        {
            Block(0);
        }
        else
        {
            Parallel.For(0, blocks, Block);
        }

        return losses.Sum(loss => (double)loss);

        void Block(int block)
        {
            var scratch = new float[width];
            for (var row = labels.Length * block / blocks; row < labels.Length * (block + 1) / blocks; row++)
            {
                losses[row] = logits.dtype == ScalarType.Float32
                    ? SoftmaxCrossEntropy.Invoke(MemoryMarshal.Cast<byte, float>(logits.bytes).Slice(row * width, width), labels[row], scale)
                    : SoftmaxCrossEntropy.Invoke(MemoryMarshal.Cast<byte, ushort>(logits.bytes).Slice(row * width, width), labels[row], scale, scratch);
            }
        }
    }
}
