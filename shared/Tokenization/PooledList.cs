using System.Buffers;

namespace InternPlatform.Tokenization;

/// <summary>A growing list in pooled memory, given back by <see cref="Dispose"/>. Not safe to share between threads.</summary>
internal class PooledList<T>(int capacity) : IDisposable
    where T : unmanaged
{
    private T[] items = ArrayPool<T>.Shared.Rent(capacity);

    public int Count { get; private set; }

    public ReadOnlySpan<T> Span => items.AsSpan(0, Count);

    public void Add(T item)
    {
        Reserve(1);
        items[Count++] = item;
    }

    public void Add(ReadOnlySpan<T> more)
    {
        Reserve(more.Length);
        more.CopyTo(items.AsSpan(Count));
        Count += more.Length;
    }

    public void Truncate(int count) => Count = Math.Min(Count, count);

    public void Dispose()
    {
        ArrayPool<T>.Shared.Return(items);
        items = [];
        Count = 0;
    }

    private void Reserve(int more)
    {
        if (Count + more <= items.Length)
        {
            return;
        }

        var larger = ArrayPool<T>.Shared.Rent(Math.Max(items.Length * 2, Count + more));
        Span.CopyTo(larger);
        ArrayPool<T>.Shared.Return(items);
        items = larger;
    }
}
