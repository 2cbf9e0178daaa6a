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
        Add(sequence.TokensFrom(sequence.Computed, count), sequence.Computed, sequence.Table.Blocks);
    }

    /// <summary>Rows that belong to no sequence of the scheduler.</summary>
    /// <param name="added">Tokens, one a row.</param>
    /// <param name="position">Of the first one.</param>
    /// <param name="blocks">Where their keys and values lie.</param>
    public void Add(ReadOnlySpan<int> added, int position, int[] blocks)
    {
        foreach (var token in added)
        {
            (tokens[Count], positions[Count], tables[Count]) = (token, position++, blocks);
            Count++;
        }
    }
}
