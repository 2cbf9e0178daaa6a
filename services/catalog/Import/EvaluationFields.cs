using System.Text.Json;

namespace InternPlatform.Catalog.Import;

/// <summary>Tells by its fields whether an object asks something and says the answer, so that it is to be kept as a record and not as a text to learn.</summary>
internal static class EvaluationFields
{
    /// <summary>Fields that together make a known form of question.</summary>
    private static readonly string[][] Forms =
    [
        ["dimension", "messages", "answer"],            // the built-in sample
        ["question", "choices", "answer"],              // MMLU
        ["premise", "choice1", "choice2"],              // XCOPA
        ["context", "question", "ans0", "ans1"],        // BBQ
        ["question", "options"],                        // AGIEval
        ["sentence_good", "sentence_bad"],              // BLiMP
        ["question_id", "turns"],                       // MT-Bench
        ["question_id", "choices", "model_id"],         // MT-Bench's reference answers
        ["context", "question", "answers"],             // SQuAD, a question a row
        ["question", "ground_truth"],                   // GSM8K's model solutions
        ["question", "answer"],                         // GSM8K, NQ-open
        ["prompt", "label", "type"],                    // XSTest
    ];

    /// <summary>Fields of what is made for training; with them a question is a row to learn from.</summary>
    private static readonly string[] Training = ["text", "instruction", "conversations"];

    public static bool AreIn(JsonElement value) =>
        !Training.Any(field => value.TryGetProperty(field, out _))
        && (SquadRecords.IsSquad(value) || Forms.Any(form => form.All(field => value.TryGetProperty(field, out _))));
}
