using System.Runtime.CompilerServices;
using InternPlatform.Inference.Engine;
using InternPlatform.Tokenization;

namespace InternPlatform.Inference.Text;

/// <summary>One running answer: tokens become text, stop strings end it, tool calls are taken out. Read once.</summary>
public sealed class TextGeneration
{
    private readonly Generation generation;
    private readonly StopStrings stops;
    private readonly StreamingDecoder decoder;
    private readonly ToolCallReader? tools;
    private readonly Queue<(GeneratedToken Token, int End)> unreleased = new();
    private int pushed;
    private int released;

    internal TextGeneration(Generation generation, TextRequest request, Tokenizer tokenizer, ToolCallReader? tools)
    {
        (this.generation, this.tools) = (generation, tools);
        stops = new(request.Stop);
        decoder = tokenizer.CreateDecoder();
    }

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens => generation.Request.Prompt.Count;

    /// <summary>The prompt's token ids.</summary>
    public int[] PromptIds => [.. generation.Request.Prompt];

    /// <summary>The prompt's tokens with their log-probabilities; whole once the first piece came.</summary>
    public IReadOnlyList<GeneratedToken> Prompt => generation.PromptTokens;

    /// <summary>Ends the answer and frees its memory.</summary>
    public void Cancel() => generation.Cancel();

    /// <summary>The answer piece by piece; the last piece has an end. Leaving early frees the sequence.</summary>
    /// <exception cref="InferenceException">The request failed.</exception>
    public async IAsyncEnumerable<TextChunk> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var token in generation.Tokens.ReadAllAsync(cancellationToken))
            {
                var chunk = Take(token);
                if (chunk.Text.Length > 0 || chunk.Tokens.Count > 0 || chunk.ToolCall is not null)
                {
                    yield return chunk;
                }

                if (stops.IsFound)
                {
                    break;
                }
            }
        }
        finally
        {
            generation.Cancel();
        }

        yield return Last();
    }

    private TextChunk Take(GeneratedToken token)
    {
        if (token.IsStop)
        {
            return new();
        }

        if (tools?.Take(token.Token) is { } read)
        {
            return read switch
            {
                { Call: { } call } => new() { Text = Flush(), ToolCall = call, Tokens = Released() },
                { Text.Length: > 0 } => Release(stops.Push(Count(read.Text))),
                _ => new() { Text = Flush(), Tokens = Released() },
            };
        }

        var text = Count(decoder.Push(token.Token));
        unreleased.Enqueue((token, pushed));
        return Release(stops.Push(text));
    }

    private TextChunk Last()
    {
        var rest = tools?.Rest() ?? "";
        var text = stops.IsFound ? "" : stops.Push(Count(decoder.Flush() + rest)) + stops.Flush();
        var reason = stops.IsFound ? FinishReason.Stop : generation.FinishReason;
        return Release(text) with { End = new(reason, generation.GeneratedTokens, generation.CachedTokens) };
    }

    /// <summary>Before a tool call, what is held is plain text after all.</summary>
    private string Flush()
    {
        var text = stops.Push(Count(decoder.Flush())) + stops.Flush();
        released += text.Length;
        return text;
    }

    private string Count(string text)
    {
        pushed += text.Length;
        return text;
    }

    private TextChunk Release(string text)
    {
        released += text.Length;
        return new() { Text = text, Tokens = Released() };
    }

    private List<GeneratedToken> Released()
    {
        List<GeneratedToken> tokens = [];
        while (unreleased.TryPeek(out var next) && next.End <= released)
        {
            tokens.Add(unreleased.Dequeue().Token);
        }

        return tokens;
    }
}
