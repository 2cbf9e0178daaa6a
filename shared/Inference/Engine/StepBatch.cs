namespace InternPlatform.Inference.Engine;

/// <summary>What one step computes: rows of tokens, each with its position and its sequence's blocks.</summary>
internal sealed class StepBatch(int capacity)
{
    private readonly int[] tokens = new int[capacity];
    private readonly int[] positions = new int[capacity];
    private readonly int[][] tables = new int[capacity][];
    private readonly List<(Sequence Sequence, int FirstRow, int Count)> chunks = [];

    public int Count { get; private set; }

    public int Room => capacity - Count;

    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, Count);

    public ReadOnlySpan<int> Positions => positions.AsSpan(0, Count);

    /// <summary>For each row the block table of its sequence.</summary>
    public ReadOnlySpan<int[]> Tables => tables.AsSpan(0, Count);

    public List<(Sequence Sequence, int FirstRow, int Count)> Chunks => chunks;

    public void Clear()
    {
        chunks.Clear();
        Array.Clear(tables, 0, Count);
        Count = 0;
    }

    public void Add(Sequence sequence, int count)
    {
        chunks.Add((sequence, Count, count));
        for (var i = 0; i < count; i++, Count++)
        {
            tokens[Count] = sequence.TokenAt(sequence.Computed + i);
            positions[Count] = sequence.Computed + i;
            tables[Count] = sequence.Table.Blocks;
        }
    }
}
