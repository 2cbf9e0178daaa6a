using System.Buffers;

namespace InternPlatform.Tokenization;

/// <summary>A growing list of ids in pooled memory: one encode call allocates only its result.</summary>
internal ref struct IdBuffer(int capacity)
{
    private int[] ids = ArrayPool<int>.Shared.Rent(capacity);
    private int count;

    public void Add(int id)
    {
        Reserve(1);
        ids[count++] = id;
    }

    public void Add(ReadOnlySpan<int> more)
    {
        Reserve(more.Length);
        more.CopyTo(ids.AsSpan(count));
        count += more.Length;
    }

    public int[] ToArrayAndFree()
    {
        var result = ids.AsSpan(0, count).ToArray();
        ArrayPool<int>.Shared.Return(ids);
        ids = [];
        return result;
    }

    private void Reserve(int more)
    {
        if (count + more <= ids.Length)
        {
            return;
        }

        var larger = ArrayPool<int>.Shared.Rent(Math.Max(ids.Length * 2, count + more));
        ids.AsSpan(0, count).CopyTo(larger);
        ArrayPool<int>.Shared.Return(ids);
        ids = larger;
    }
}
