using System.Text;
using InternPlatform.Inference;
using InternPlatform.Inference.Engine;
using InternPlatform.Inference.Text;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>
/// <c>POST /v1/completions</c>, inside the replica. With <c>echo</c>, <c>max_tokens: 0</c> and <c>logprobs</c> it gives the
/// prompt's own log-probabilities: what perplexity and multiple choice rest on.
/// </summary>
internal static class Completions
{
    private const int DefaultMaxTokens = 16;
    private const int MaxLogProbs = 20;
    private const int MaxAnswers = 64;

    public static async Task HandleAsync(HttpContext http, ServedModel model, TimeProvider time)
    {
        var cancellationToken = http.RequestAborted;
        var request = await ReadBody.OfAsync(http.Request, OpenAiJson.Shared.CompletionRequest, cancellationToken);
        model = model.Named(request.Model);
        RefuseUnsupported(request);
        var perPrompt = GenerationLimits.Choices(request);
        using var choices = Choices.Start(model.Text, Texts(request, perPrompt, model, http.Request.Headers[ServedModel.CacheSaltHeader].ToString()));
        var answer = new Answer(request, choices, perPrompt, new(ServedModel.NewId("cmpl"), time.GetUtcNow().ToUnixTimeSeconds(), model));
        if (request.Stream == true)
        {
            await answer.StreamAsync(http.Response, cancellationToken);
            return;
        }

        await http.Response.WriteAsJsonAsync(await answer.WholeAsync(cancellationToken), OpenAiJson.Shared.CompletionWithUsage, cancellationToken: cancellationToken);
    }

    private static void RefuseUnsupported(CompletionRequest request)
    {
        if (!string.IsNullOrEmpty(request.Suffix))
        {
            throw OpenAiRefusal.Unsupported("suffix");
        }

        if (request.BestOf is { } best && best != (request.N ?? 1))
        {
            throw OpenAiRefusal.Unsupported("best_of", "It may only equal 'n'.");
        }

        if (request.MaxTokens == 0 && request.Echo != true)
        {
            throw OpenAiRefusal.Invalid("max_tokens", "'max_tokens' may only be 0 together with 'echo'.");
        }
    }

    private static IEnumerable<TextRequest> Texts(CompletionRequest request, int perPrompt, ServedModel model, string salt)
    {
        var sampling = GenerationLimits.Sampling(request, model.Text.Tokenizer.VocabularySize);
        var logProbs = GenerationLimits.InRange("logprobs", request.Logprobs, 0, 0, MaxLogProbs);
        var text = new TextRequest
        {
            Prompt = [],
            CacheSalt = salt,
            Adapter = model.Adapter,
            MaxNewTokens = GenerationLimits.InRange("max_tokens", request.MaxTokens, DefaultMaxTokens, 0, int.MaxValue),
            Sampling = sampling,
            Stop = GenerationLimits.Stops(request.Stop),
            IgnoreEndTokens = request.IgnoreEos == true,
            MinNewTokens = GenerationLimits.MinNewTokens(request),
            LogProbs = request.Logprobs is not null,
            TopLogProbs = logProbs,
            PromptLogProbs = request.Echo == true && request.Logprobs is not null,
        };
        var prompts = CompletionPrompts.Read("prompt", request.Prompt, MaxAnswers, model.Text);
        if (prompts.Count * perPrompt > MaxAnswers)
        {
            throw OpenAiRefusal.Invalid("n", $"Prompts times 'n' may be at most {MaxAnswers}.");
        }

        return prompts.SelectMany(prompt =>
            Enumerable.Range(0, perPrompt).Select(i => text with { Prompt = prompt, Sampling = sampling with { Seed = sampling.Seed + (ulong)i } }));
    }

    /// <summary>One request's answer: text and log-probabilities, the prompt's first where it is echoed.</summary>
    private sealed class Answer(CompletionRequest request, Choices choices, int perPrompt, AnswerHead head)
    {
        private readonly int[] offsets = new int[choices.Count];
        private readonly bool[] hasEchoed = new bool[choices.Count];
        private readonly TextEnd[] ends = new TextEnd[choices.Count];

        public async Task<CompletionWithUsage> WholeAsync(CancellationToken cancellationToken)
        {
            var texts = Enumerable.Range(0, choices.Count).Select(_ => new StringBuilder()).ToArray();
            var tokens = Enumerable.Range(0, choices.Count).Select(_ => new List<GeneratedToken>()).ToArray();
            await foreach (var (index, chunk) in choices.ReadAsync(cancellationToken))
            {
                Echo(index, texts[index], tokens[index]);
                texts[index].Append(chunk.Text);
                tokens[index].AddRange(chunk.Tokens);
                ends[index] = chunk.End ?? ends[index];
            }

            return Body([.. texts.Select((text, i) => Choice(i, text.ToString(), tokens[i], AnswerHead.Reason(ends[i], hasCalls: false)))], head.Usage(choices, ends, perPrompt));
        }

        public async Task StreamAsync(HttpResponse response, CancellationToken cancellationToken)
        {
            var stream = new EventStream(response);
            stream.Begin();
            try
            {
                await foreach (var (index, chunk) in choices.ReadAsync(cancellationToken))
                {
                    var text = new StringBuilder();
                    List<GeneratedToken> tokens = [];
                    Echo(index, text, tokens);
                    text.Append(chunk.Text);
                    tokens.AddRange(chunk.Tokens);
                    ends[index] = chunk.End ?? ends[index];
                    if (text.Length > 0 || chunk.End is not null)
                    {
                        await SendAsync(stream, [Choice(index, text.ToString(), tokens, chunk.End is { } end ? AnswerHead.Reason(end, hasCalls: false) : null)], null, cancellationToken);
                    }
                }

                if (request.StreamOptions?.IncludeUsage == true)
                {
                    await SendAsync(stream, [], head.Usage(choices, ends, perPrompt), cancellationToken);
                }

                await stream.EndAsync(cancellationToken);
            }
            catch (InferenceException e)
            {
                await stream.FailAsync(OpenAiRefusal.Of(e, "prompt"), cancellationToken);
            }
        }

        private void Echo(int index, StringBuilder text, List<GeneratedToken> tokens)
        {
            if (request.Echo == true && !hasEchoed[index])
            {
                hasEchoed[index] = true;
                text.Append(head.Model.Text.Tokenizer.Decode(choices[index].PromptIds, skipSpecialTokens: true));
                tokens.AddRange(choices[index].Prompt);
            }
        }

        private CompletionChoice Choice(int index, string text, List<GeneratedToken> tokens, string? reason)
        {
            var choice = new CompletionChoice
            {
                Index = index,
                Text = text,
                Logprobs = request.Logprobs is null ? null : LogProbs.Completion(tokens, head.Model.Text.Tokenizer, offsets[index]),
                FinishReason = reason,
            };
            offsets[index] += text.Length;
            return choice;
        }

        private CompletionWithUsage Body(IReadOnlyList<CompletionChoice> parts, Usage? usage) =>
            new() { Id = head.Id, Created = head.Created, Model = head.Model.Name, SystemFingerprint = head.Model.Fingerprint, Choices = parts, Usage = usage };

        private Task SendAsync(EventStream stream, IReadOnlyList<CompletionChoice> parts, Usage? usage, CancellationToken cancellationToken) => request.StreamOptions?.IncludeUsage == true
            ? stream.SendAsync(Body(parts, usage), OpenAiJson.Shared.CompletionWithUsage, cancellationToken)
            : stream.SendAsync(
                new Completion { Id = head.Id, Created = head.Created, Model = head.Model.Name, SystemFingerprint = head.Model.Fingerprint, Choices = parts },
                OpenAiJson.Shared.Completion, cancellationToken);
    }
}
