namespace InternPlatform.Inference.Text.Grammar;

/// <summary>
/// A nondeterministic automaton over bytes (Thompson 1968). Built left to right: each method starts at a state and returns
/// the state after what it added.
/// </summary>
internal sealed class ByteNfa
{
    private const int MaxStates = 50_000;

    private readonly List<List<int>> epsilons = [];
    private readonly List<List<(byte Low, byte High, int Target)>> ranges = [];

    public int Count => epsilons.Count;

    public IReadOnlyList<int> Epsilons(int state) => epsilons[state];

    public IReadOnlyList<(byte Low, byte High, int Target)> Ranges(int state) => ranges[state];

    /// <exception cref="InferenceException">The grammar is too large to hold.</exception>
    public int State()
    {
        if (Count >= MaxStates)
        {
            throw new InferenceException("schema_too_large", $"The schema needs more than {MaxStates} states; make it smaller.", "response_format");
        }

        epsilons.Add([]);
        ranges.Add([]);
        return Count - 1;
    }

    public void Epsilon(int from, int to) => epsilons[from].Add(to);

    public void Range(int from, byte low, byte high, int to) => ranges[from].Add((low, high, to));

    public int Range(int from, byte low, byte high)
    {
        var to = State();
        Range(from, low, high, to);
        return to;
    }

    public int Literal(int from, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            from = Range(from, value, value);
        }

        return from;
    }

    /// <summary>One of several continuations.</summary>
    public int Any(int from, params IEnumerable<Func<int, int>> branches)
    {
        var to = State();
        foreach (var branch in branches)
        {
            Epsilon(branch(from), to);
        }

        return to;
    }

    public int Optional(int from, Func<int, int> part) => Any(from, part, state => state);

    /// <summary>Between <paramref name="least"/> and <paramref name="most"/> times.</summary>
    public int Repeat(int from, int least, int most, Func<int, int> part)
    {
        var to = State();
        for (var i = 0; i < most; i++)
        {
            if (i >= least)
            {
                Epsilon(from, to);
            }

            from = part(from);
        }

        Epsilon(from, to);
        return to;
    }
}
