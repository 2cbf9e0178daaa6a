using System.Globalization;
using InternPlatform.Contracts.Evaluation;

namespace InternPlatform.Evaluation.Asking;

/// <summary>Multiple choice by log-probability: the choice whose tokens have the highest mean, each as the assistant's answer. Of equal ones the first is taken.</summary>
internal static class ChoiceAsker
{
    /// <summary>All choices of all questions in one request, those of one question side by side, so that their common prefix is computed once.</summary>
    public static async Task<IReadOnlyList<SampleView>> AskAsync(AskedModel model, IReadOnlyList<SampleTask> tasks, CancellationToken cancellationToken)
    {
        var asked = tasks.Select(task => Prepare(model.Frame, task)).ToList();
        var prompts = asked.Where(question => question.Problem is null).SelectMany(question => question.Prompts).ToList();
        var answers = prompts.Count == 0 ? [] : await model.Endpoint.CompleteAsync(CompletionAsk.Score(model.Endpoint.Model, prompts), cancellationToken);
        var at = 0;
        List<SampleView> samples = [];
        foreach (var question in asked)
        {
            if (question.Problem is not null)
            {
                samples.Add(question.Task.Failure(question.Prompt.Text, question.Problem));
                continue;
            }

            samples.Add(Judge(question, [.. answers.Skip(at).Take(question.Prompts.Count)]));
            at += question.Prompts.Count;
        }

        return samples;
    }

    private static Asked Prepare(PromptFrame frame, SampleTask task)
    {
        var prompt = frame.Open(task.Messages);
        var choices = task.Question.Choices.Select(frame.Answer).ToList();
        var longest = prompt.Ids.Length + choices.Max(choice => choice.Length);
        var problem = choices.Exists(choice => choice.Length == 0) ? "A choice is empty."
            : longest > frame.ContextLength ? Problem(longest, frame)
            : null;
        return new Asked(task, prompt, choices, [.. choices.Select(choice => (int[])[.. prompt.Ids, .. choice])], problem);
    }

    public static string Problem(int tokens, PromptFrame frame) => $"The question has {tokens} tokens with its answer, and the model's context is {frame.ContextLength}.";

    private static SampleView Judge(Asked asked, IReadOnlyList<CompletionChoice> answers)
    {
        List<ChoiceScore> scores = [];
        for (var i = 0; i < answers.Count; i++)
        {
            var tokens = asked.Choices[i].Length;
            var all = answers[i].Logprobs?.TokenLogprobs;
            if (all is null || all.Count != asked.Prompts[i].Length || all.Skip(all.Count - tokens).Any(one => one is null))
            {
                return asked.Task.Failure(asked.Prompt.Text, $"The endpoint gave no log-probability for choice {i + 1}.");
            }

            scores.Add(new ChoiceScore { Text = asked.Task.Question.Choices[i], LogProbability = all.Skip(all.Count - tokens).Sum(one => one!.Value), Tokens = tokens });
        }

        var means = scores.Select(score => score.LogProbability / score.Tokens).ToList();
        var best = means.IndexOf(means.Max());
        var output = string.Join("  ", scores.Select((score, i) => string.Create(CultureInfo.InvariantCulture, $"{score.Text}: {means[i]:0.####}")));
        return asked.Task.Sample(asked.Prompt.Text, output, best == asked.Task.Question.Right ? SampleTask.Right : SampleTask.Wrong) with
        {
            Choices = scores,
            Extracted = scores[best].Text,
        };
    }

    /// <param name="Task">The question.</param>
    /// <param name="Prompt">Up to the answer.</param>
    /// <param name="Choices">Ids of each choice.</param>
    /// <param name="Prompts">Ids of the prompt with each choice.</param>
    /// <param name="Problem">Why it is not sent.</param>
    private sealed record Asked(SampleTask Task, Prompt Prompt, IReadOnlyList<int[]> Choices, IReadOnlyList<int[]> Prompts, string? Problem);
}
