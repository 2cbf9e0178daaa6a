using InternPlatform.Inference;
using InternPlatform.Inference.Text;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>A chat answer as server-sent events: the role, pieces, the reason of the end, usage where asked for, <c>[DONE]</c>.</summary>
internal static class ChatStream
{
    public static async Task WriteAsync(HttpResponse response, Choices choices, AnswerHead head, bool logProbs, bool includeUsage, CancellationToken cancellationToken)
    {
        var stream = new EventStream(response);
        var ends = new TextEnd[choices.Count];
        var calls = new int[choices.Count];
        stream.Begin();
        try
        {
            for (var i = 0; i < choices.Count; i++)
            {
                await SendAsync([new() { Index = i, Delta = new() { Role = "assistant", Content = "" } }], null);
            }

            await foreach (var (index, chunk) in choices.ReadAsync(cancellationToken))
            {
                await SendPieceAsync(index, chunk);
                if (chunk.End is { } end)
                {
                    ends[index] = end;
                    await SendAsync([new() { Index = index, Delta = new(), FinishReason = AnswerHead.Reason(end, calls[index] > 0) }], null);
                }
            }

            if (includeUsage)
            {
                await SendAsync([], head.Usage(choices, ends));
            }

            await stream.EndAsync(cancellationToken);
        }
        catch (InferenceException e)
        {
            await stream.FailAsync(OpenAiRefusal.Of(e, "messages"), cancellationToken);
        }

        async Task SendPieceAsync(int index, TextChunk chunk)
        {
            if (chunk.Text.Length > 0 || (logProbs && chunk.Tokens.Count > 0))
            {
                await SendAsync([new() { Index = index, Delta = new() { Content = chunk.Text }, Logprobs = logProbs ? LogProbs.Chat(chunk.Tokens, head.Model.Text.Tokenizer) : null }], null);
            }

            if (chunk.ToolCall is { } call)
            {
                // As OpenAI does: who is called first, then what with.
                var (begin, arguments) = AnswerHead.CallParts(call, calls[index]++);
                await SendAsync([new() { Index = index, Delta = new() { ToolCalls = [begin] } }], null);
                await SendAsync([new() { Index = index, Delta = new() { ToolCalls = [arguments] } }], null);
            }
        }

        async Task SendAsync(IReadOnlyList<ChatChunkChoice> parts, Usage? usage)
        {
            if (includeUsage)
            {
                await stream.SendAsync(
                    new ChatChunkWithUsage { Id = head.Id, Created = head.Created, Model = head.Model.Name, SystemFingerprint = head.Model.Fingerprint, Choices = parts, Usage = usage },
                    OpenAiJson.Shared.ChatChunkWithUsage, cancellationToken);
                return;
            }

            await stream.SendAsync(
                new ChatChunk { Id = head.Id, Created = head.Created, Model = head.Model.Name, SystemFingerprint = head.Model.Fingerprint, Choices = parts },
                OpenAiJson.Shared.ChatChunk, cancellationToken);
        }
    }
}
