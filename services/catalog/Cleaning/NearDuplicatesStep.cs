using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace InternPlatform.Catalog.Cleaning;

internal sealed record NearDuplicatesOptions : StepOptions
{
    /// <summary>Shingles in common, as a share of those of both, from which two rows are the same. One word in twenty changed leaves about 0.6.</summary>
    [Range(0.3, 1d)]
    public double Threshold { get; init; } = 0.6;

    /// <summary>Hashes of a signature: more of them estimate better and take longer. Rounded up to a multiple of 16.</summary>
    [Range(16, 512)]
    public int Permutations { get; init; } = 128;

    /// <summary>Words of a shingle; of Chinese text, characters.</summary>
    [Range(1, 20)]
    public int Shingle { get; init; } = 5;

    /// <summary>Rows narrower than this are not compared: sentences made to one pattern are alike by nature. A Chinese character counts as two.</summary>
    [Range(0, int.MaxValue)]
    public int MinimumWidth { get; init; } = 140;

    /// <summary>A row is compared with at least so many rows before it; older ones are forgotten, which bounds the memory at about 2 KB each.</summary>
    [Range(1000, 10_000_000)]
    public int Window { get; init; } = 500_000;
}

/// <summary>
/// The step <c>near-duplicates</c>: of rows that have most of their shingles in common the first one stays. Candidates are found by locality-sensitive hashing
/// of MinHash signatures in bands (Indyk and Motwani 1998), and judged by their whole signatures. Signatures are made on all cores; which row came first is
/// decided in the rows' order, so the result is the same on every machine.
/// </summary>
internal sealed class NearDuplicatesStep : CleaningStage
{
    public const string Name = "near-duplicates";

    private readonly NearDuplicatesOptions options;
    private readonly MinHash hash;
    private readonly SignatureIndex index;

    public NearDuplicatesStep(NearDuplicatesOptions options)
        : base(Name)
    {
        this.options = options;
        var permutations = (options.Permutations + 15) / 16 * 16;
        hash = new MinHash(permutations);
        index = new SignatureIndex(permutations, options.Threshold, options.Window);
    }

    protected override void Judge(List<CleaningRow> rows, ParallelOptions parallel)
    {
        var signatures = new uint[]?[rows.Count];
        OnAllCores.For(rows.Count, parallel, i => signatures[i] = SignatureOf(rows[i]));
        for (var i = 0; i < rows.Count; i++)
        {
            if (signatures[i] is { } signature && index.FindOrAdd(signature, rows[i].Index) is { } found)
            {
                rows[i].DroppedBecause = string.Create(CultureInfo.InvariantCulture, $"like row {found.Row}: {100 * found.Similarity:0} % of shingles in common (below {100 * options.Threshold:0} %)");
            }
        }
    }

    private uint[]? SignatureOf(CleaningRow row)
    {
        if (row.Scripts.Width < options.MinimumWidth)
        {
            return null;
        }

        var shingles = TextWords.Of(row.Text, row.Scripts.IsChinese).Shingles(options.Shingle);
        return shingles.Length == 0 ? null : hash.Signature(shingles);
    }
}
