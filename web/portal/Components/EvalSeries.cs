namespace InternPlatform.Portal.Components;

/// <summary>One model's values in a chart, in percent; a null is drawn as nothing.</summary>
public sealed record EvalSeries(string Name, IReadOnlyList<double?> Values, IReadOnlyList<double?> Low, IReadOnlyList<double?> High);
