using System.Globalization;
using InternPlatform.Contracts.Pretraining;

namespace InternPlatform.Pretraining;

/// <summary>The README.md of a model folder, in the form that Hugging Face reads.</summary>
internal static class ModelCard
{
    public static string Write(PretrainSpec spec, Training.PretrainResult trained, IReadOnlyList<SourcePerplexity> sources, long parameters) => string.Create(CultureInfo.InvariantCulture, $"""
        ---
        library_name: transformers
        pipeline_tag: text-generation
        tags:
        - pretrained
        ---

        # {spec.Name}

        A LLaMA-type decoder of {parameters:N0} parameters, trained from scratch on {trained.Tokens:N0} tokens in {trained.Steps:N0} steps.

        | | Perplexity |
        | --- | --- |
        | this model, validation part | {trained.ValidationPerplexity:F3} |
        | bigram model, same tokens | {trained.BigramPerplexity:F1} |
        | unigram model, same tokens | {trained.UnigramPerplexity:F1} |

        | Kept back of | Tokens | Perplexity | Bigram | Unigram |
        | --- | --- | --- | --- | --- |
        {string.Join('\n', sources.Select(Row))}

        Validation loss {trained.ValidationLoss:F4} nats per scored token.

        | Setting | Value |
        | --- | --- |
        | hidden size, layers, heads, key-value heads | {spec.Model.HiddenSize}, {spec.Model.LayerCount}, {spec.Model.HeadCount}, {spec.Model.KvHeadCount} |
        | SwiGLU width | {spec.Model.IntermediateSize} |
        | sequence length, batch, accumulation | {spec.SequenceLength}, {spec.BatchSize}, {spec.GradientAccumulationSteps} |
        | Muon, AdamW learning rates | {spec.MuonLearningRate}, {spec.AdamLearningRate} |
        | schedule | {spec.Schedule}, {spec.WarmupSteps} warm-up steps |
        | seed | {spec.Seed} |
        | shards | `{spec.ShardsArtifactId}` |
        | tokenizer | `{spec.TokenizerArtifactId}` |
        | weights (SHA-256) | `{trained.WeightsHash}` |

        """);

    // A name with a bar in it would break the table.
    private static string Row(SourcePerplexity source) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {source.Name.Replace("|", "\\|", StringComparison.Ordinal)} | {source.ScoredTokens:N0} | {source.Perplexity:F3} | {source.BigramPerplexity:F1} | {source.UnigramPerplexity:F1} |");
}
