using System.Buffers.Binary;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace InternPlatform.Catalog.Cleaning;

internal sealed record ExactDuplicatesOptions : StepOptions
{
    /// <summary>Rows narrower than this may come as often as they like: short facts and greetings do. A Chinese character counts as two.</summary>
    [Range(0, int.MaxValue)]
    public int MinimumWidth { get; init; } = 100;
}

/// <summary>
/// The step <c>exact-duplicates</c>: of rows with the same words in the same order the first one stays; case, white space and punctuation make no difference. A row is known by 128 bits of SHA-256, so that memory is
/// about 50 bytes a row, whatever its length.
/// </summary>
internal sealed class ExactDuplicatesStep(ExactDuplicatesOptions options) : CleaningStage(Name)
{
    public const string Name = "exact-duplicates";

    private readonly Dictionary<UInt128, long> first = [];

    protected override void Judge(List<CleaningRow> rows, ParallelOptions parallel)
    {
        var digests = new UInt128?[rows.Count];
        OnAllCores.For(rows.Count, parallel, i => digests[i] = rows[i].Scripts.Width < options.MinimumWidth ? null : DigestOf(rows[i].Text));
        for (var i = 0; i < rows.Count; i++)
        {
            if (digests[i] is { } digest && !first.TryAdd(digest, rows[i].Index))
            {
                rows[i].DroppedBecause = string.Create(CultureInfo.InvariantCulture, $"the same text as row {first[digest]} (each once, from a width of {options.MinimumWidth})");
            }
        }
    }

    private static UInt128 DigestOf(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var (start, length) in WordRanges.Of(text.IsNormalized(NormalizationForm.FormKC) ? text : text = text.Normalize(NormalizationForm.FormKC)))
        {
            plain.Append(plain.Length > 0 ? " " : "").Append(text.AsSpan(start, length).ToString().ToLowerInvariant());
        }

        return BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(plain.Length > 0 ? plain.ToString() : text)));
    }
}
