using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Benchmarks;

namespace InternPlatform.Evaluation.Asking;

/// <summary>Greedy generation, and what was written held against the answer. Nothing written is "unparsed", and counts as wrong.</summary>
internal static class GenerationAsker
{
    // Room to show that the answer goes on, which makes it another one; where the answer may stand inside a sentence, room for the sentence.
    private const int RoomBehind = 4;
    private const int RoomForSentence = 24;
    private const int Step = 8;

    /// <summary>Tokens that the question's answer may take, in steps, so that questions can share a request.</summary>
    public static int MaxTokens(PromptFrame frame, Question question)
    {
        var longest = question.AlsoAccepted.Append(question.Answer).Max(answer => frame.Answer(answer).Length);
        var limit = question.MaxTokens ?? longest + (question.Match is AnswerMatch.Exact ? RoomBehind : RoomForSentence);
        return (limit + Step - 1) / Step * Step;
    }

    /// <summary>Questions of one <see cref="MaxTokens"/>, in one request.</summary>
    public static async Task<IReadOnlyList<SampleView>> AskAsync(AskedModel model, IReadOnlyList<SampleTask> tasks, int maxTokens, int seed, CancellationToken cancellationToken)
    {
        var prompts = tasks.Select(task => (Task: task, Prompt: model.Frame.Open(task.Messages))).ToList();
        var fitting = prompts.Where(asked => asked.Prompt.Ids.Length < model.Frame.ContextLength).ToList();
        var answers = fitting.Count == 0
            ? []
            : await model.Endpoint.CompleteAsync(
                new CompletionAsk { Model = model.Endpoint.Model, Prompt = [.. fitting.Select(asked => asked.Prompt.Ids)], MaxTokens = maxTokens, Seed = seed }, cancellationToken);
        var judged = fitting.Zip(answers, (asked, answer) => Judge(asked.Task, asked.Prompt, answer.Text ?? "")).ToDictionary(sample => sample.Index);
        return [.. prompts.Select(asked => judged.TryGetValue(asked.Task.Index, out var sample)
            ? sample
            : asked.Task.Failure(asked.Prompt.Text, ChoiceAsker.Problem(asked.Prompt.Ids.Length + 1, model.Frame)))];
    }

    private static SampleView Judge(SampleTask task, Prompt prompt, string output)
    {
        var extracted = Extract(task.Question.Match, output);
        if (extracted is null)
        {
            return task.Sample(prompt.Text, output, SampleTask.Unparsed) with { Problem = output.Trim().Length == 0 ? "The model wrote nothing." : "No number is in it." };
        }

        var isRight = task.Question.AlsoAccepted.Append(task.Question.Answer).Any(answer => Fits(task.Question.Match, extracted, answer));
        return task.Sample(prompt.Text, output, isRight ? SampleTask.Right : SampleTask.Wrong) with { Extracted = extracted };
    }

    private static string? Extract(AnswerMatch match, string output) =>
        match is AnswerMatch.LastNumber ? LastNumber.In(output) : output.Trim() is { Length: > 0 } text ? text : null;

    private static bool Fits(AnswerMatch match, string extracted, string answer) => match switch
    {
        AnswerMatch.Contains => extracted.Contains(answer.Trim(), StringComparison.Ordinal),
        AnswerMatch.Loose => string.Equals(Loose(extracted), Loose(answer), StringComparison.OrdinalIgnoreCase),
        _ => extracted == answer.Trim(),
    };

    private static string Loose(string text) => text.Trim().TrimEnd('.', '。', '!', '！').Trim();
}
