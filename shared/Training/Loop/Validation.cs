using InternPlatform.Training.Data;

namespace InternPlatform.Training.Loop;

/// <summary>Held-out loss over packed rows, in file order.</summary>
internal static class Validation
{
    /// <summary>Loss over the first <paramref name="mostRows"/> packed rows of the samples.</summary>
    public static HeldOutLoss Loss(Trainer trainer, TokenSamples samples, PretrainOptions options, int mostRows)
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

        return new(sum, scored);
    }

    /// <summary>Loss over about <paramref name="mostRows"/> rows, of each shard as many as its size asks for and at least one.</summary>
    public static HeldOutLoss Loss(Trainer trainer, IReadOnlyList<TokenSamples> shards, PretrainOptions options, int mostRows)
    {
        var tokens = shards.Sum(shard => (double)shard.TotalTokens);
        return shards.Aggregate(default(HeldOutLoss), (all, shard) =>
            all + Loss(trainer, shard, options, Math.Max(1, (int)Math.Round(mostRows * (shard.TotalTokens / tokens)))));
    }
}

/// <summary>A loss over held-out tokens.</summary>
/// <param name="Sum">Nats.</param>
/// <param name="Scored">Tokens that were scored.</param>
internal readonly record struct HeldOutLoss(double Sum, long Scored)
{
    /// <summary>Nats per scored token; NaN if none is scored.</summary>
    public double Mean => Scored == 0 ? double.NaN : Sum / Scored;

    public static HeldOutLoss operator +(HeldOutLoss a, HeldOutLoss b) => new(a.Sum + b.Sum, a.Scored + b.Scored);
}
