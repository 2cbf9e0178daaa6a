using System.Runtime.InteropServices;

namespace InternPlatform.Inference.Text.Grammar;

/// <summary>
/// The deterministic form, states made when first reached (subset construction, Rabin and Scott 1959). Knows for each
/// state how many bytes the shortest way to the end has. Not safe to share between threads.
/// </summary>
internal sealed class ByteAutomaton
{
    /// <summary>No way on.</summary>
    public const int Dead = -1;

    private const int Unknown = -2;

    private readonly ByteNfa nfa;
    private readonly int accept;
    private readonly int[] distances;
    private readonly Dictionary<string, int> ids = [];
    private readonly List<int[]> members = [];
    private readonly List<int[]> moves = [];
    private readonly List<int> toEnd = [];
    private readonly List<bool> isOpen = [];

    public ByteAutomaton(ByteNfa nfa, int start, int accept)
    {
        (this.nfa, this.accept) = (nfa, accept);
        distances = Distances();
        MaxDistance = distances.Where(distance => distance < int.MaxValue).Max();
        Start = StateOf(Closure([start]));
    }

    public int Start { get; }

    /// <summary>No state is further from the end than this.</summary>
    public int MaxDistance { get; }

    /// <summary>Bytes of the shortest way from a state to the end.</summary>
    public int Distance(int state) => toEnd[state];

    public bool IsAccepting(int state) => toEnd[state] == 0;

    /// <summary>Whether anything can still follow.</summary>
    public bool CanContinue(int state) => isOpen[state];

    public int Next(int state, byte value)
    {
        var next = moves[state][value];
        return next != Unknown ? next : moves[state][value] = Move(state, value);
    }

    private int Move(int state, byte value)
    {
        HashSet<int> targets = [];
        foreach (var member in members[state])
        {
            foreach (var (low, high, target) in nfa.Ranges(member))
            {
                if (low <= value && value <= high)
                {
                    targets.Add(target);
                }
            }
        }

        return targets.Count == 0 ? Dead : StateOf(Closure(targets));
    }

    private int[] Closure(IEnumerable<int> start)
    {
        var seen = new HashSet<int>(start);
        var open = new Stack<int>(seen);
        while (open.TryPop(out var state))
        {
            foreach (var target in nfa.Epsilons(state))
            {
                if (seen.Add(target))
                {
                    open.Push(target);
                }
            }
        }

        // States without a byte of their own only lead on.
        return [.. seen.Where(state => state == accept || nfa.Ranges(state).Count > 0).Order()];
    }

    private int StateOf(int[] set)
    {
        var key = new string(MemoryMarshal.Cast<int, char>(set));
        if (ids.TryGetValue(key, out var id))
        {
            return id;
        }

        var distance = set.Length == 0 ? int.MaxValue : set.Min(state => distances[state]);
        if (distance == int.MaxValue)
        {
            return ids[key] = Dead;
        }

        members.Add(set);
        var unknown = new int[256];
        Array.Fill(unknown, Unknown);
        moves.Add(unknown);
        toEnd.Add(distance);
        isOpen.Add(set.Any(state => nfa.Ranges(state).Count > 0));
        return ids[key] = members.Count - 1;
    }

    /// <summary>Backwards from the end: a byte costs one, an epsilon nothing.</summary>
    private int[] Distances()
    {
        var sources = new List<(int State, int Cost)>[nfa.Count];
        for (var state = 0; state < nfa.Count; state++)
        {
            foreach (var target in nfa.Epsilons(state))
            {
                (sources[target] ??= []).Add((state, 0));
            }

            foreach (var (_, _, target) in nfa.Ranges(state))
            {
                (sources[target] ??= []).Add((state, 1));
            }
        }

        var result = new int[nfa.Count];
        Array.Fill(result, int.MaxValue);
        result[accept] = 0;
        var open = new LinkedList<int>([accept]);
        while (open.First is { } first)
        {
            open.RemoveFirst();
            foreach (var (state, cost) in sources[first.Value] ?? [])
            {
                if (result[first.Value] + cost < result[state])
                {
                    result[state] = result[first.Value] + cost;
                    _ = cost == 0 ? open.AddFirst(state) : open.AddLast(state);
                }
            }
        }

        return result;
    }
}
