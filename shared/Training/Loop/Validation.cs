using InternPlatform.Training.Data;

namespace InternPlatform.Training.Loop;

/// <summary>Held-out loss over packed rows, in file order.</summary>
internal static class Validation
{
    /// <summary>Mean nats per scored token over the first <paramref name="mostRows"/> rows; NaN if none is scored.</summary>
    public static double Loss(Trainer trainer, TokenSamples samples, PretrainOptions options, int mostRows)
    {
        var packed = PackedEpoch.InOrder(samples, options.SequenceLength);
        var rows = Math.Min(mostRows, packed.Count);
        var batch = new Batch(options.BatchSize, options.SequenceLength);
        var (sum, scored) = (0.0, 0L);
        for (var first = 0; first < rows; first += options.BatchSize)
        {
            batch.Scored = 0;
            for (var row = 0; row < options.BatchSize; row++)
            {
                if (first + row < rows)
                {
                    packed.Fill(batch, row, first + row, samples);
                }
                else
                {
                    batch.Clear(row);
                }
            }

            sum += trainer.LossSum(batch);
            scored += batch.Scored;
        }

        return scored == 0 ? double.NaN : sum / scored;
    }
}
