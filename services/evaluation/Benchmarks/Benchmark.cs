using InternPlatform.Contracts.Evaluation;

namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>How rows of one shape become questions, and what is counted of the answers. One file each; <see cref="BenchmarkList"/> names them.</summary>
internal abstract class Benchmark(string name, string title, string? dimension, IReadOnlyList<string> columns, IReadOnlyList<Measure> measures)
{
    public string Name { get; } = name;

    /// <summary>Null: the rows say it, or it is none of the six.</summary>
    public string? Dimension { get; } = dimension;

    public IReadOnlyList<Measure> Measures { get; } = measures;

    /// <summary>False where <see cref="Takes"/> has to be asked: sets of several benchmarks lie in one data set.</summary>
    public virtual bool TakesAll => true;

    /// <summary>Whether the row is one of its questions; others are passed over, and not counted to a limit.</summary>
    public virtual bool Takes(Row row) => true;

    /// <summary>Whether a dimension is shown by this measure.</summary>
    public virtual bool IsHeadline(Measure measure, string? dimension) => measure.IsHeadline;

    public abstract Question Read(Row row);

    public BenchmarkView View() => new()
    {
        Name = Name,
        Title = title,
        Dimension = Dimension,
        Mode = Measures[0].Mode,
        Columns = columns,
        Needs = [.. Needs],
        SamplesPerRow = Measures.Count,
    };

    /// <summary>Capabilities, as <c>GET /v1/models</c> names them.</summary>
    public IEnumerable<string> Needs => Measures.SelectMany(measure => measure.Mode switch
    {
        Measure.Choice or Measure.Perplexity => (string[])["completions", "logprobs"],
        Measure.Generation => ["completions"],
        _ => ["chat", "tools"],
    }).Distinct();

    public override string ToString() => Name;
}
