using System.Globalization;
using System.Text.Json;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Evaluation.Asking;

/// <summary>What the model makes of a text: every token with something before it. A text longer than the context is read in windows, each begun by the last token of the one before.</summary>
internal static class PerplexityAsker
{
    public static async Task<SampleView> AskAsync(AskedModel model, SampleTask task, int promptsPerRequest, CancellationToken cancellationToken)
    {
        var text = task.Question.Text!;
        var ids = model.Frame.Document(text);
        if (ids.Length < 2)
        {
            return task.Failure(text, "The text has fewer than two tokens, so none of them can be predicted.");
        }

        double nats = 0;
        int tokens = 0, bytes = 0;
        foreach (var windows in Windows(ids, model.Frame.ContextLength).Chunk(promptsPerRequest))
        {
            var answers = await model.Endpoint.CompleteAsync(CompletionAsk.Score(model.Endpoint.Model, windows), cancellationToken);
            foreach (var (window, answer) in windows.Zip(answers))
            {
                if (answer.Logprobs?.TokenLogprobs is not { } all || all.Count != window.Length || all.Skip(1).Any(one => one is null))
                {
                    return task.Failure(text, "The endpoint gave no log-probabilities for the text.");
                }

                nats -= all.Skip(1).Sum(one => one!.Value);
                tokens += window.Length - 1;
                bytes += model.Frame.BytesOf(window.AsSpan(1));
            }
        }

        return task.Sample(text, string.Create(CultureInfo.InvariantCulture, $"{nats / tokens:0.####} nats per token"), SampleTask.Scored) with
        {
            Details = JsonSerializer.SerializeToElement(new TextScore(nats, tokens, bytes), PlatformJson.Options),
        };
    }

    private static IEnumerable<int[]> Windows(int[] ids, int length)
    {
        for (var start = 0; start < ids.Length - 1; start += length - 1)
        {
            yield return ids[start..Math.Min(start + length, ids.Length)];
        }
    }
}

/// <summary>Details of a perplexity sample.</summary>
/// <param name="Nats">Sum of −ln p.</param>
/// <param name="Tokens">Scored tokens.</param>
/// <param name="Bytes">Their bytes.</param>
internal sealed record TextScore(double Nats, int Tokens, int Bytes);
