using InternPlatform.Artifacts;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Inference.Engine;
using InternPlatform.Jobs;
using InternPlatform.Models;

namespace InternPlatform.Deployment.Quantize;

/// <summary>
/// The job <c>quantize</c>: a model's matrices rounded to 4 or 8 bits, what that costs in perplexity on validation tokens, and what it did to each weight.
/// The same input gives the same artefact.
/// </summary>
internal static class QuantizeJob
{
    public static async Task<QuantizeResult> RunAsync(JobContext job, QuantizeSpec spec, CancellationToken cancellationToken)
    {
        var (source, _) = await JobInputs.FetchAsync(job, "model", spec.ModelArtifactId, cancellationToken);
        var target = Path.Join(job.WorkFolder, "quantized");
        if (Directory.Exists(target))
        {
            Directory.Delete(target, recursive: true);    // of an attempt that was lost
        }

        using var original = Open(source, spec);
        var samples = spec.ShardsArtifactId is { } shards
            ? await ValidationSamples.ReadAsync(job, shards, spec.PerplexityTokens, original.Tokenizer, original.Config.VocabularySize, cancellationToken)
            : [];
        var errors = new List<WeightError>();
        // Off this thread: the reader of the supervisor's messages must not wait for it.
        var bytes = await Task.Run(() => Write(job, spec, original, target, errors, cancellationToken), cancellationToken);
        var (before, after) = await MeasureAsync(job, source, target, samples, cancellationToken);
        var result = new QuantizeResult
        {
            ModelArtifactId = "",
            Bits = spec.Bits,
            WeightBytes = bytes,
            OriginalWeightBytes = original.WeightBytes,
            Perplexity = after?.Perplexity,
            OriginalPerplexity = before?.Perplexity,
            PerplexityRatio = after?.Perplexity / before?.Perplexity,
            PerplexityTokens = after?.Tokens ?? 0,
            Errors = errors,
        };
        return await StoreAsync(job, spec, target, result, cancellationToken);
    }

    public static ValueTask CompleteAsync(JobCompletion<DeploymentDb, QuantizeSpec, QuantizeResult> done, CancellationToken cancellationToken)
    {
        var (spec, result) = (done.Spec, done.Result);
        done.Outbox.Add(new ArtifactProduced
        {
            ArtifactId = result.ModelArtifactId,
            Kind = "model",
            Name = spec.Name,
            Service = DeploymentService.Name,
            JobId = done.Job.Id,
            ProjectId = done.Job.ProjectId,
            Inputs = spec.ShardsArtifactId is { } shards ? [spec.ModelArtifactId, shards] : [spec.ModelArtifactId],
            Figures = Figures(spec, result).Where(figure => figure.Value is not null).ToDictionary(figure => figure.Name, figure => figure.Value!.Value),
        });
        return ValueTask.CompletedTask;
    }

    private static IEnumerable<(string Name, double? Value)> Figures(QuantizeSpec spec, QuantizeResult result) =>
    [
        ("bits", result.Bits), ("groupSize", spec.Bits == 4 ? spec.GroupSize : null), ("bytes", result.WeightBytes), ("originalBytes", result.OriginalWeightBytes),
        ("perplexity", result.Perplexity), ("originalPerplexity", result.OriginalPerplexity), ("perplexityRatio", result.PerplexityRatio),
        ("perplexityTokens", result.PerplexityTokens > 0 ? result.PerplexityTokens : null),
    ];

    private static ModelFolder Open(string folder, QuantizeSpec spec)
    {
        var quantization = Format(spec);
        ModelFolder? model = null;
        try
        {
            model = ModelFolder.Open(folder);
            return model.Config.Quantization is { } already ? throw Problems.AlreadyQuantized(spec.ModelArtifactId, already.Bits)
                : RoundToNearest.Refusal(model.Config, quantization) is { } refusal ? throw Problems.QuantizationImpossible(refusal)
                : model;
        }
        catch (InvalidModelException e)
        {
            throw Problems.InputUnusable("model", spec.ModelArtifactId, e.Reason);
        }
        catch (JobFailedException)
        {
            model?.Dispose();
            throw;
        }
    }

    /// <returns>Bytes of the weights that were written.</returns>
    private static long Write(JobContext job, QuantizeSpec spec, ModelFolder original, string target, List<WeightError> errors, CancellationToken cancellationToken)
    {
        try
        {
            var weights = RoundToNearest.Quantize(original, Format(spec), (name, error) => errors.Add(new() { Name = name, RelativeError = error }), cancellationToken);
            ModelFolderWriter.Write(target, original.Config with { Quantization = Format(spec) }, original.Tokenizer, weights);
            job.Log($"Rounded {errors.Count} matrices to {spec.Bits} bits.");
            return weights.Sum(weight => (long)weight.Data.Length);
        }
        catch (InvalidModelException e)
        {
            throw Problems.QuantizationImpossible(e.Reason);
        }
    }

    private static async Task<(PerplexityFigure? Before, PerplexityFigure? After)> MeasureAsync(
        JobContext job, string source, string target, IReadOnlyList<int[]> samples, CancellationToken cancellationToken)
    {
        if (samples.Count == 0)
        {
            return (null, null);
        }

        var total = 2L * samples.Sum(sample => sample.Skip(1).Count(token => token > 0));
        var before = await PerplexityOfFolder.MeasureAsync(source, "original", samples, done => job.Progress(done, total, "tokens"), cancellationToken);
        var after = await PerplexityOfFolder.MeasureAsync(target, "rounded", samples, done => job.Progress(before.Tokens + done, total, "tokens"), cancellationToken);
        job.Log(FormattableString.Invariant($"Perplexity over {after.Tokens} tokens: {before.Perplexity:F4} before, {after.Perplexity:F4} after."));
        return (before, after);
    }

    private static async Task<QuantizeResult> StoreAsync(JobContext job, QuantizeSpec spec, string folder, QuantizeResult result, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(Path.Join(folder, "README.md"), QuantizedCard.Write(spec, result), cancellationToken);
        var artifact = await job.Artifacts.PutFolderAsync("model", folder, Facts(spec), cancellationToken);
        await job.Artifacts.AddReferenceAsync($"{DeploymentService.Name}/jobs/{job.JobId}/model", artifact, cancellationToken);
        job.Log($"Stored the model as {artifact}.");
        return result with { ModelArtifactId = artifact };
    }

    private static Dictionary<string, string> Facts(QuantizeSpec spec) => new()
    {
        ["name"] = spec.Name,
        ["model"] = spec.ModelArtifactId,
        ["bits"] = spec.Bits == 4 ? "4" : "8",
    };

    private static QuantizationConfig Format(QuantizeSpec spec) => spec.Bits == 4 ? QuantizationConfig.FourBits(spec.GroupSize) : QuantizationConfig.EightBits();
}
