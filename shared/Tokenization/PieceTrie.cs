namespace InternPlatform.Tokenization;

/// <summary>Byte strings with a value each, walked byte by byte.</summary>
internal sealed class PieceTrie
{
    public const int None = -1;

    private readonly PairTable children = new(16);
    private readonly int[] fromRoot = new int[256];
    private readonly List<int> values = [None];

    public PieceTrie() => Array.Fill(fromRoot, None);

    public static int Root => 0;

    public bool IsEmpty => values.Count == 1;

    public void Add(ReadOnlySpan<byte> text, int value)
    {
        var node = Root;
        foreach (var next in text)
        {
            var child = Child(node, next);
            if (child == None)
            {
                child = values.Count;
                values.Add(None);
                AddChild(node, next, child);
            }

            node = child;
        }

        values[node] = value;
    }

    /// <summary>The node after <paramref name="next"/>, or <see cref="None"/>.</summary>
    public int Child(int node, byte next) => node == Root ? fromRoot[next] : (int)(uint)children.Find(node, next);

    /// <summary>The value that ends at a node, or <see cref="None"/>.</summary>
    public int ValueAt(int node) => values[node];

    /// <summary>Length of the longest string that <paramref name="text"/> begins with, and its value; 0 where none does.</summary>
    public int LongestMatch(ReadOnlySpan<byte> text, out int value)
    {
        value = None;
        var length = 0;
        var node = Root;
        for (var i = 0; i < text.Length && (node = Child(node, text[i])) != None; i++)
        {
            if (values[node] != None)
            {
                (value, length) = (values[node], i + 1);
            }
        }

        return length;
    }

    private void AddChild(int node, byte next, int child)
    {
        if (node == Root)
        {
            fromRoot[next] = child;
            return;
        }

        children.TryAdd(node, next, PairTable.Entry(0, child));
    }
}
