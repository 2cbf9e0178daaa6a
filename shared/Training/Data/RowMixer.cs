namespace InternPlatform.Training.Data;

/// <summary>
/// Interleaves streams so that after every row each stream is as near to its share as whole rows allow: the n-th choice is a function of the
/// shares and n, and nothing else has to be stored to resume.
/// </summary>
internal sealed class RowMixer
{
    private readonly RowStream[] streams;
    private readonly double[] shares;
    private readonly long[] taken;
    private long rows;

    public RowMixer(IReadOnlyList<RowStream> streams, IReadOnlyList<double> shares)
    {
        this.streams = [.. streams];
        var sum = shares.Sum();
        this.shares = [.. shares.Select(share => share / sum)];
        taken = new long[this.streams.Length];
    }

    public void Next(Batch batch, int batchRow) => streams[Choose()].Next(batch, batchRow);

    public void Skip(long count)
    {
        var before = taken.ToArray();
        for (var i = 0L; i < count; i++)
        {
            Choose();
        }

        for (var s = 0; s < streams.Length; s++)
        {
            streams[s].Skip(taken[s] - before[s]);
        }
    }

    private int Choose()
    {
        rows++;
        var best = 0;
        for (var s = 1; s < streams.Length; s++)
        {
            if ((shares[s] * rows) - taken[s] > (shares[best] * rows) - taken[best])
            {
                best = s;
            }
        }

        taken[best]++;
        return best;
    }
}
