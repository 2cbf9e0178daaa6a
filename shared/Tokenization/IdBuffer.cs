namespace InternPlatform.Tokenization;

/// <summary>The ids of a text as they are found.</summary>
internal sealed class IdBuffer(int capacity) : PooledList<int>(capacity)
{
    private List<int>? unknownLengths;
    private int unknownEnd = -1;

    /// <summary>How many normalised bytes each unknown stands for: alone among ids, its length is not the vocabulary's to say.</summary>
    public List<int> UnknownLengths => unknownLengths ??= [];

    /// <summary>Adds an unknown character; neighbours of it that are unknown too share one id, as in sentencepiece.</summary>
    public void AddUnknown(int id, int length)
    {
        if (Count == unknownEnd)
        {
            UnknownLengths[^1] += length;
            return;
        }

        Add(id);
        UnknownLengths.Add(length);
        unknownEnd = Count;
    }
}
