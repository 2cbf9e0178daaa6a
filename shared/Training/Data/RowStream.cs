namespace InternPlatform.Training.Data;

/// <summary>Endless packed rows of one set of samples, epoch after epoch. The n-th row is a function of (seed, stream, n).</summary>
internal sealed class RowStream(TokenSamples samples, int length, ulong seed, int stream)
{
    private PackedEpoch? packed;
    private int epoch = -1;
    private int row;

    public TokenSamples Samples => samples;

    public void Next(Batch batch, int batchRow)
    {
        EnterEpoch();
        packed!.Fill(batch, batchRow, row, samples);
        row++;
    }

    /// <summary>Goes forward without reading: how a resumed run finds its place.</summary>
    public void Skip(long count)
    {
        while (count > 0)
        {
            EnterEpoch();
            var skipped = (int)Math.Min(count, packed!.Count - row);
            row += skipped;
            count -= skipped;
        }
    }

    private void EnterEpoch()
    {
        if (packed is null || row == packed.Count)
        {
            packed = PackedEpoch.Shuffled(samples, length, seed, stream, ++epoch);
            row = 0;
        }
    }
}
