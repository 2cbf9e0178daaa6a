using InternPlatform.Contracts.Finetuning;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tokenization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Finetuning;

/// <summary>Every refusal of the fine-tuning service, and every way in which its job fails by itself.</summary>
internal static class Problems
{
    public static ProblemHttpResult InvalidSpec(IReadOnlyDictionary<string, string[]> errors) => PlatformProblems.Of(
        FinetuningService.Name, "spec-invalid", "This configuration cannot be tuned.", StatusCodes.Status400BadRequest,
        "Change the fields that 'errors' names.", new Dictionary<string, object?> { ["errors"] = errors });

    public static ProblemHttpResult PreviewInvalid(IReadOnlyDictionary<string, string[]> errors) => PlatformProblems.Of(
        FinetuningService.Name, "preview-invalid", "This cannot be shown.", StatusCodes.Status400BadRequest,
        "Change the fields that 'errors' names.", new Dictionary<string, object?> { ["errors"] = errors });

    public static ProblemHttpResult CannotShow(JobFailedException refusal) => PlatformProblems.Of(
        FinetuningService.Name, "preview-impossible", refusal.Title, StatusCodes.Status400BadRequest, refusal.Detail);

    public static JobFailedException InputUnusable(string what, string artifactId, string reason) => new(
        "input-unusable", $"The {what} {artifactId[..12]} cannot be used.", $"{reason} Choose another, and start the job again.");

    public static JobFailedException TemplateUnfit(ChatTemplate template, Tokenizer tokenizer) => new(
        "template-unfit", $"The base model's tokenizer cannot write the chat template '{template.Name}'.",
        $"It lacks {string.Join(", ", template.SpecialTokens.Except(tokenizer.SpecialTokens.Keys))}. " +
        $"It can write: {string.Join(", ", ChatTemplate.Names.Where(name => ChatTemplate.Get(name).Fits(tokenizer)).DefaultIfEmpty("none"))}.");

    public static JobFailedException RowUnfit(string dataset, long row, string reason) => new(
        "row-unfit", $"Row {row} of the data set '{dataset}' cannot be written in the chosen chat template.", $"{reason} Choose another template, or leave such rows out.");

    public static JobFailedException NoAnswers(string dataset, SftRows rows, FirstUnused first, int sequenceLength) => new(
        "no-answers", $"No row of the data set '{dataset}' has an answer to learn from.",
        $"Of {rows.Read} rows, {rows.NotDialogues} are no dialogues{At(first.NotDialogue)}, {rows.WithoutAnswer} have no assistant's turn or an empty one{At(first.WithoutAnswer)}, " +
        $"and the answers of {rows.CutAway} lie behind the first {sequenceLength} tokens{At(first.CutAway)}. " +
        "Import records with instruction and output, messages, or conversations" + (rows.CutAway > 0 ? "; or raise the sequence length." : "."));

    public static JobFailedException TooFew(long used) => new(
        "too-few-dialogues", "There are too few dialogues to tune on.",
        $"{used} can be used, and at least two are needed: one to learn and one to measure the loss on. Add rows, or another data set.");

    public static JobFailedException CannotTrain(string reason) => new("training-impossible", "The tuning cannot run.", reason);

    private static string At(long? row) => row is null ? "" : $" (first: row {row})";
}
