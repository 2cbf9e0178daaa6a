using System.Text;
using InternPlatform.Inference.Engine;
using InternPlatform.Inference.Text;

namespace InternPlatform.Deployment.OpenAi;

/// <summary><c>POST /v1/chat/completions</c>, inside the replica.</summary>
internal static class ChatCompletions
{
    private const int MaxTopLogProbs = 20;

    public static async Task HandleAsync(HttpContext http, ServedModel model, TimeProvider time)
    {
        var cancellationToken = http.RequestAborted;
        var request = await ReadBody.OfAsync(http.Request, OpenAiJson.Shared.ChatRequest, cancellationToken);
        model = model.Named(request.Model);
        RefuseUnsupported(request);
        var texts = Texts(request, model, http.Request.Headers[ServedModel.CacheSaltHeader].ToString());
        using var choices = Choices.Start(model.Text, texts);
        var head = new AnswerHead(ServedModel.NewId("chatcmpl"), time.GetUtcNow().ToUnixTimeSeconds(), model);
        if (request.Stream == true)
        {
            await ChatStream.WriteAsync(http.Response, choices, head, request.Logprobs == true, request.StreamOptions?.IncludeUsage == true, cancellationToken);
            return;
        }

        var answer = await WholeAsync(choices, head, request.Logprobs == true, cancellationToken);
        await http.Response.WriteAsJsonAsync(answer, OpenAiJson.Shared.ChatCompletion, cancellationToken: cancellationToken);
    }

    private static IEnumerable<TextRequest> Texts(ChatRequest request, ServedModel model, string salt)
    {
        var tools = ChatTools.Read(request);
        if (tools.ListJson is not null && !model.Text.CanCallTools)
        {
            throw OpenAiRefusal.Unsupported("tools", $"The model '{model.Name}' has no tokens for tool calls.");
        }

        var sampling = GenerationLimits.Sampling(request, model.Text.Tokenizer.VocabularySize);
        var topLogProbs = GenerationLimits.InRange("top_logprobs", request.TopLogprobs, 0, 0, MaxTopLogProbs);
        if (topLogProbs > 0 && request.Logprobs != true)
        {
            throw OpenAiRefusal.Invalid("top_logprobs", "'top_logprobs' needs 'logprobs': true.");
        }

        var limit = request.MaxCompletionTokens ?? request.MaxTokens;
        var text = new TextRequest
        {
            Prompt = model.Text.EncodeChat(ChatMessages.Read(request.Messages), tools.ListJson),
            CacheSalt = salt,
            Adapter = model.Adapter,
            MaxNewTokens = limit is < 1 ? throw OpenAiRefusal.Invalid(request.MaxCompletionTokens is null ? "max_tokens" : "max_completion_tokens", "The token limit must be at least 1.") : limit,
            Sampling = sampling,
            Stop = GenerationLimits.Stops(request.Stop),
            Format = tools.Format(Format(request.ResponseFormat)),
            ReadToolCalls = tools.ListJson is not null,
            SingleToolCall = request.ParallelToolCalls == false,
            IgnoreEndTokens = request.IgnoreEos == true,
            MinNewTokens = GenerationLimits.MinNewTokens(request),
            LogProbs = request.Logprobs == true,
            TopLogProbs = topLogProbs,
        };
        return Enumerable.Range(0, GenerationLimits.Choices(request)).Select(i => text with { Sampling = sampling with { Seed = sampling.Seed + (ulong)i } });
    }

    private static OutputFormat? Format(ResponseFormat? format) => format?.Type switch
    {
        null when format is null => null,
        "text" => null,
        "json_object" => new OutputFormat.AnyJsonObject(),
        "json_schema" => new OutputFormat.FittingSchema(format.JsonSchema?.Schema ?? throw OpenAiRefusal.Invalid("response_format.json_schema", "'response_format.json_schema.schema' is missing.")),
        "regex_schema" => new OutputFormat.MatchingRegex(format.RegexSchema ?? throw OpenAiRefusal.Invalid("response_format.regex_schema", "'response_format.regex_schema' is missing.")),
        _ => throw OpenAiRefusal.Unsupported("response_format.type", "Use text, json_object, json_schema or regex_schema."),
    };

    private static void RefuseUnsupported(ChatRequest request)
    {
        (string Field, bool IsGiven)[] fields =
        [
            ("audio", request.Audio.IsGiven()), ("functions", request.Functions.IsGiven()), ("function_call", request.FunctionCall.IsGiven()),
            ("prediction", request.Prediction.IsGiven()), ("reasoning_effort", request.ReasoningEffort.IsGiven()), ("verbosity", request.Verbosity.IsGiven()),
            ("web_search_options", request.WebSearchOptions.IsGiven()), ("store", request.Store == true),
            ("modalities", request.Modalities.IsGiven() && request.Modalities!.Value.GetRawText().Replace(" ", "", StringComparison.Ordinal) != "[\"text\"]"),
        ];
        if (Array.Find(fields, field => field.IsGiven).Field is { } unsupported)
        {
            throw OpenAiRefusal.Unsupported(unsupported);
        }
    }

    private static async Task<ChatCompletion> WholeAsync(Choices choices, AnswerHead head, bool logProbs, CancellationToken cancellationToken)
    {
        var parts = Enumerable.Range(0, choices.Count).Select(_ => (Text: new StringBuilder(), Tokens: new List<GeneratedToken>(), Calls: new List<ToolCallAnswer>())).ToArray();
        var ends = new TextEnd[choices.Count];
        await foreach (var (index, chunk) in choices.ReadAsync(cancellationToken))
        {
            parts[index].Text.Append(chunk.Text);
            parts[index].Tokens.AddRange(chunk.Tokens);
            if (chunk.ToolCall is { } call)
            {
                parts[index].Calls.Add(AnswerHead.Call(call));
            }

            ends[index] = chunk.End ?? ends[index];
        }

        return new()
        {
            Id = head.Id,
            Created = head.Created,
            Model = head.Model.Name,
            SystemFingerprint = head.Model.Fingerprint,
            Usage = head.Usage(choices, ends),
            Choices = [.. parts.Select((part, i) => new ChatChoice
            {
                Index = i,
                Message = new()
                {
                    Content = part.Text.Length == 0 && part.Calls.Count > 0 ? null : part.Text.ToString(),
                    ToolCalls = part.Calls.Count > 0 ? part.Calls : null,
                },
                Logprobs = logProbs ? LogProbs.Chat(part.Tokens, head.Model.Text.Tokenizer) : null,
                FinishReason = AnswerHead.Reason(ends[i], part.Calls.Count > 0),
            })],
        };
    }
}
