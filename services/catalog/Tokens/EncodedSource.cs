using System.Runtime.InteropServices;
using System.Security.Cryptography;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Tokens;

/// <summary>
/// One data set as signed token ids in a file of the work folder, with the place of each sample: order and mixture are decided once all sources are known,
/// and only the places are held in memory.
/// </summary>
internal sealed class EncodedSource : IDisposable
{
    /// <summary>Longer rows become several samples. A power of two, and longer than the contexts trained here: cutting takes no context away.</summary>
    public const int LongestSample = 4096;

    private readonly FileStream ids;
    private readonly List<EncodedSample> train = [];
    private readonly List<EncodedSample> validation = [];

    private EncodedSource(string name, string artifactId, string path)
    {
        Name = name;
        ArtifactId = artifactId;
        ids = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 18, FileOptions.DeleteOnClose);
    }

    public string Name { get; }
    public string ArtifactId { get; }
    public IReadOnlyList<EncodedSample> Train => train;
    public IReadOnlyList<EncodedSample> Validation => validation;
    public long TrainTokens => train.Sum(sample => (long)sample.Count);

    /// <summary>Encodes all rows, on all cores, in order.</summary>
    public static EncodedSource Encode(
        DatasetRows rows, RowEncoder encoder, double validationShare, string path, Action<long> progress, CancellationToken cancellationToken)
    {
        var source = new EncodedSource(rows.Name, rows.ArtifactId, path);
        var lines = rows.Lines();
        var row = 0L;
        while (LineBatch.Next(lines) is { Count: > 0 } batch)
        {
            var encoded = new (int[] Ids, bool Validation)[batch.Count];
            var first = row;
            OnAllCores.For(batch.Count, new ParallelOptions { CancellationToken = cancellationToken }, i =>
                encoded[i] = (encoder.Encode(batch[i], rows.Name, first + i), IsIn(validationShare, batch[i])));
            foreach (var (sample, isValidation) in encoded)
            {
                source.Add(sample, isValidation ? source.validation : source.train);
            }

            row += batch.Count;
            progress(lines.Position);
        }

        source.KeepBothSides(validationShare);
        source.ids.Flush();
        return source;
    }

    public int[] Read(EncodedSample sample)
    {
        var read = new int[sample.Count];
        RandomAccess.Read(ids.SafeFileHandle, MemoryMarshal.AsBytes(read.AsSpan()), sample.Offset * sizeof(int));
        return read;
    }

    public void Dispose() => ids.Dispose();

    /// <summary>The row itself decides, so the same row is never on both sides, in this data set or another.</summary>
    private static bool IsIn(double share, byte[] row) => BitConverter.ToUInt64(SHA256.HashData(row), 0) / (double)ulong.MaxValue < share;

    private void Add(ReadOnlySpan<int> sample, List<EncodedSample> side)
    {
        for (var rest = sample; rest.Length > 0; rest = rest[Math.Min(LongestSample, rest.Length)..])
        {
            var piece = rest[..Math.Min(LongestSample, rest.Length)];
            side.Add(new EncodedSample(ids.Position / sizeof(int), piece.Length));
            ids.Write(MemoryMarshal.AsBytes(piece));
        }
    }

    /// <summary>A small data set may have all its rows on one side by chance.</summary>
    private void KeepBothSides(double validationShare)
    {
        if (train.Count == 0)
        {
            train.AddRange(validation[Math.Min(1, validation.Count - 1)..]);
            validation.RemoveRange(Math.Min(1, validation.Count - 1), validation.Count - Math.Min(1, validation.Count - 1));
        }
        else if (validation.Count == 0 && validationShare > 0 && train.Count > 1)
        {
            validation.Add(train[^1]);
            train.RemoveAt(train.Count - 1);
        }
    }
}

/// <summary>A sample in a source's file.</summary>
/// <param name="Offset">Its first id, counted in ids.</param>
/// <param name="Count">How many ids.</param>
internal readonly record struct EncodedSample(long Offset, int Count);
