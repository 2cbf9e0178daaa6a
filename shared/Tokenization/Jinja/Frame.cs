using System.Diagnostics;

namespace InternPlatform.Tokenization.Jinja;

/// <summary>Names that a piece of a template sees, where its output goes, and how much it may still do.</summary>
internal sealed class Frame
{
    private readonly Frame? outer;
    private readonly Dictionary<string, object?> names = new(StringComparer.Ordinal);
    private readonly Budget budget;

    public Frame(IReadOnlyDictionary<string, object?> globals)
    {
        budget = new Budget();
        Output = new MarkedText.Builder();
        foreach (var (name, value) in globals)
        {
            names[name] = value;
        }
    }

    private Frame(Frame outer, MarkedText.Builder output)
    {
        this.outer = outer;
        budget = outer.budget;
        Output = output;
    }

    public MarkedText.Builder Output { get; }

    /// <summary>A scope inside this one: what it sets is forgotten after it.</summary>
    public Frame Inner() => new(this, Output);

    /// <summary>A scope whose output is kept apart.</summary>
    public Frame Apart() => new(this, new MarkedText.Builder());

    public object? Get(string name)
    {
        for (var frame = this; frame is not null; frame = frame.outer)
        {
            if (frame.names.TryGetValue(name, out var value))
            {
                return value;
            }
        }

        return new Undefined(name);
    }

    public void Set(string name, object? value) => names[name] = value;

    /// <summary>Counts one step; a template that takes too many, or too deep ones, ends here.</summary>
    public void Step()
    {
        Values.ThrowIfTooDeep();
        budget.Take();
    }

    private sealed class Budget
    {
        // A dialogue of a thousand turns takes some hundred thousand steps, and far less than a second.
        private const int MaxSteps = 5_000_000;
        private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

        private readonly long started = Stopwatch.GetTimestamp();
        private int steps;

        public void Take()
        {
            if (++steps > MaxSteps || Stopwatch.GetElapsedTime(started) > Longest)
            {
                throw new ChatTemplateException($"The template takes too many steps: {steps} in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} seconds.");
            }
        }
    }
}
