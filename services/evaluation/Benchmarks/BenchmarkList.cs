namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>Every benchmark, in the order in which they are shown.</summary>
internal static class BenchmarkList
{
    public static IReadOnlyList<Benchmark> All { get; } =
    [
        new InternSample(), new InternTools(), new Mmlu(), new Gsm8K(), new Xcopa(), new Bbq(), new Perplexity(), new MultipleChoice(), new QuestionAnswer(),
    ];

    /// <summary>The six dimensions, in the order of the radar.</summary>
    public static IReadOnlyList<string> Dimensions { get; } = ["exam", "language", "knowledge", "understanding", "reasoning", "safety"];

    public const string ToolDimension = "tool";

    public static int PlaceOf(string name) => All.TakeWhile(benchmark => benchmark.Name != name).Count();

    public static Benchmark? Find(string name) => All.FirstOrDefault(benchmark => benchmark.Name == name);
}
