using InternPlatform.Inference;
using InternPlatform.Inference.Engine;
using InternPlatform.Models;

namespace InternPlatform.Deployment.Quantize;

/// <summary>A model folder's perplexity by the engine that serves it.</summary>
internal static class PerplexityOfFolder
{
    // The cache only has to hold what runs at one time; sequences are short-lived here.
    private const long CacheBytes = 128L << 20;

    public static async Task<PerplexityFigure> MeasureAsync(string folder, string which, IReadOnlyList<int[]> samples, Action<long> progress, CancellationToken cancellationToken)
    {
        try
        {
            await using var engine = Start(folder, samples.Max(sample => sample.Length));
            return await PerplexityMeter.MeasureAsync(engine, samples, progress, cancellationToken);
        }
        catch (Exception e) when (e is InferenceException or InvalidModelException)
        {
            throw Problems.PerplexityImpossible(which, e.Message);
        }
    }

    private static InferenceEngine Start(string folder, int longest)
    {
        using var model = ModelFolder.Open(folder);
        return InferenceEngine.Start(model, new() { ContextLength = longest, MaxCacheBytes = CacheBytes }, TimeProvider.System);
    }
}
