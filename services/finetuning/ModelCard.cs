using System.Globalization;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Training;

namespace InternPlatform.Finetuning;

/// <summary>README.md of what a tuning makes, in the form that Hugging Face reads.</summary>
internal static class ModelCard
{
    public static string OfModel(SftSpec spec, TuneResult tuned, SftRows rows, string? adapter, string weights) => string.Create(CultureInfo.InvariantCulture, $"""
        ---
        library_name: transformers
        pipeline_tag: text-generation
        tags:
        - sft
        - {spec.Method}
        ---

        # {spec.Name}

        A LLaMA-type decoder of {tuned.Parameters:N0} parameters, tuned on {rows.Used:N0} dialogues ({tuned.Tokens:N0} tokens, {tuned.ScoredTokens:N0} of them scored)
        in {tuned.Steps:N0} steps. The loss was taken on the assistant's turns and the mark that ends each.

        | Loss on {spec.ValidationShare:P0} of the dialogues, kept out | Nats per scored token |
        | --- | --- |
        | before | {tuned.ValidationLossBefore:F4} |
        | after | {tuned.ValidationLossAfter:F4} |

        | Rows | |
        | --- | --- |
        | read | {rows.Read:N0} |
        | used | {rows.Used:N0}, {rows.Cut:N0} of them cut at {spec.SequenceLength} tokens |
        | not dialogues | {rows.NotDialogues:N0} |
        | without an answer | {rows.WithoutAnswer:N0} |
        | answers behind the cut | {rows.CutAway:N0} |

        {Settings(spec, tuned)}
        | adapter | {(adapter is null ? "none" : $"`{adapter}`")} |
        | weights (SHA-256) | `{weights}` |

        """);

    public static string OfAdapter(SftSpec spec, TuneResult tuned) => string.Create(CultureInfo.InvariantCulture, $"""
        ---
        library_name: peft
        tags:
        - lora
        ---

        # {spec.Name} (adapter)

        Low-rank additions to every linear map of `{spec.BaseModelArtifactId}`, as the PEFT library reads them.
        Validation loss {tuned.ValidationLossBefore:F4} before, {tuned.ValidationLossAfter:F4} after, in nats per scored token.

        {Settings(spec, tuned)}

        """);

    private static string Settings(SftSpec spec, TuneResult tuned) => string.Create(CultureInfo.InvariantCulture, $"""
        | Setting | Value |
        | --- | --- |
        | method | {(spec.Method == "lora" ? $"LoRA, rank {spec.LoraRank}, alpha {spec.LoraAlpha}, all linear maps" : "all weights")} |
        | trained parameters | {tuned.TrainableParameters:N0} |
        | chat template | {spec.ChatTemplate} |
        | sequence length, batch | {spec.SequenceLength}, {spec.BatchSize} |
        | AdamW learning rate | {spec.LearningRate}, {spec.WarmupSteps} warm-up steps, then linear to 0 |
        | seed | {spec.Seed} |
        | base model | `{spec.BaseModelArtifactId}` |
        | data sets | {string.Join(", ", spec.DatasetArtifactIds.Select(id => $"`{id}`"))} |
        """);
}
