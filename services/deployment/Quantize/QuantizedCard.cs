using System.Globalization;
using InternPlatform.Contracts.Deployment;

namespace InternPlatform.Deployment.Quantize;

/// <summary>The README.md of a quantised model folder, in the form that Hugging Face reads.</summary>
internal static class QuantizedCard
{
    public static string Write(QuantizeSpec spec, QuantizeResult result) => string.Create(CultureInfo.InvariantCulture, $"""
        ---
        library_name: transformers
        pipeline_tag: text-generation
        tags:
        - quantized
        ---

        # {spec.Name}

        {(spec.Bits == 4
            ? $"Weights of 4 bits with a scale and a zero point for each {spec.GroupSize} inputs, in AWQ's layout, rounded to the nearest value without calibration."
            : "Weights of 8 bits with one scale for each output, rounded to the nearest value. Activations were not smoothed: the weights alone are meant to be of 8 bits.")}
        Embedding, output matrix and norms are as they were.

        | | Original | This model |
        | --- | --- | --- |
        | bytes of weights | {result.OriginalWeightBytes:N0} | {result.WeightBytes:N0} |
        {Perplexity(result)}
        Made from the model `{spec.ModelArtifactId}`{(spec.ShardsArtifactId is null ? "" : $", measured on validation tokens of `{spec.ShardsArtifactId}`")}.

        | Weight | Relative error (Frobenius) |
        | --- | --- |
        {string.Join('\n', result.Errors.Select(error => string.Create(CultureInfo.InvariantCulture, $"| {error.Name} | {error.RelativeError:F5} |")))}

        """);

    private static string Perplexity(QuantizeResult result) => result.Perplexity is null ? "" : string.Create(
        CultureInfo.InvariantCulture, $"| perplexity, {result.PerplexityTokens:N0} tokens | {result.OriginalPerplexity:F4} | {result.Perplexity:F4} (ratio {result.PerplexityRatio:F4}) |\n");
}
