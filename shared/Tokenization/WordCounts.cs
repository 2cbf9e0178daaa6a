using System.Runtime.InteropServices;
using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>A distinct word of the training text: its tokens so far, and how often it occurs.</summary>
internal sealed class CountedWord(int[] ids, long count)
{
    public int[] Ids { get; } = ids;

    /// <summary>How many of <see cref="Ids"/> are in use; shrinks with every merge.</summary>
    public int Length { get; set; } = ids.Length;

    public long Count { get; } = count;
}

internal static class WordCounts
{
    /// <summary>Distinct words with at least two bytes, in order of first appearance.</summary>
    public static List<CountedWord> Count(IEnumerable<string> texts, int firstByte, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var bySpan = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var text in texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var start = 0; start < text.Length;)
            {
                var end = WordRule.EndOfWord(text, start);
                if (end - start > 1 || text[start] > '\x7F')
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(bySpan, text.AsSpan(start, end - start), out _)++;
                }

                start = end;
            }
        }

        return [.. counts.Select(word => new CountedWord(ByteIds(word.Key, firstByte), word.Value))];
    }

    private static int[] ByteIds(string word, int firstByte) =>
        [.. Encoding.UTF8.GetBytes(word).Select(b => firstByte + b)];
}
