using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Benchmarks;

namespace InternPlatform.Evaluation.Asking;

/// <summary>Tasks of one kind that go into one request.</summary>
/// <param name="Tasks">In order.</param>
/// <param name="MaxTokens">Of a generation.</param>
internal sealed record Batch(IReadOnlyList<SampleTask> Tasks, int MaxTokens)
{
    public string Mode => Tasks[0].Measure.Mode;
}

/// <summary>From questions to requests.</summary>
internal static class AskingPlan
{
    /// <summary>What an engine takes in its queue, by default; more at a time would only be refused and asked again.</summary>
    private const int PromptsUnderWay = 64;

    public static int PromptsPerRequest(int concurrency) => Math.Max(1, PromptsUnderWay / concurrency);

    public static IReadOnlyList<SampleTask> Tasks(EvaluateSpec spec, IReadOnlyList<QuestionSet> sets)
    {
        List<SampleTask> tasks = [];
        for (var suite = 0; suite < sets.Count; suite++)
        {
            foreach (var question in sets[suite].Asked)
            {
                var first = tasks.Count;
                var shots = sets[suite].ShotsFor(question, spec.Suites[suite].FewShot);
                tasks.AddRange(sets[suite].Benchmark.Measures.Select((measure, i) =>
                    new SampleTask(first + i, suite, sets[suite].Benchmark.Name, question, measure, measure.Mode is Measure.Choice or Measure.Generation ? shots : [])));
            }
        }

        return tasks;
    }

    /// <summary>Neighbours of one kind share a request, up to its number of prompts.</summary>
    public static IEnumerable<Batch> Batches(IEnumerable<SampleTask> tasks, PromptFrame frame, int promptsPerRequest)
    {
        Dictionary<(string Mode, int MaxTokens), (List<SampleTask> Tasks, int Prompts)> open = [];
        foreach (var task in tasks)
        {
            var (prompts, maxTokens) = task.Measure.Mode switch
            {
                Measure.Choice => (task.Question.Choices.Count, 0),
                Measure.Generation => (1, GenerationAsker.MaxTokens(frame, task.Question)),
                _ => (promptsPerRequest, 0),
            };
            var key = (task.Measure.Mode, maxTokens);
            var (waiting, held) = open.TryGetValue(key, out var found) ? found : ([], 0);
            if (waiting.Count > 0 && held + prompts > promptsPerRequest)
            {
                yield return new Batch(waiting, maxTokens);
                (waiting, held) = ([], 0);
            }

            waiting.Add(task);
            open[key] = (waiting, held + prompts);
        }

        foreach (var (key, (waiting, _)) in open)
        {
            yield return new Batch(waiting, key.MaxTokens);
        }
    }
}
