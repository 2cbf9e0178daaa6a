namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>Texts: e to the mean of −ln p over all tokens that have something before them, and nats per byte, which models with different tokenizers can be compared by.</summary>
internal sealed class Perplexity() : Benchmark("perplexity", "Perplexity of texts", null, ["text"], [Measure.PerplexityOfText])
{
    public override bool TakesAll => false;

    /// <summary>A corpus may hold dialogues among its texts.</summary>
    public override bool Takes(Row row) => row.Has("text") || !row.Has("messages");

    public override Question Read(Row row) => new() { Row = row.Number, Answer = "", Text = row.Text("text") };
}
