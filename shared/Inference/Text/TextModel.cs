using InternPlatform.Inference.Engine;
using InternPlatform.Inference.Runners;
using InternPlatform.Inference.Text.Grammar;
using InternPlatform.Models;
using InternPlatform.Tokenization;

namespace InternPlatform.Inference.Text;

/// <summary>An engine with its tokenizer and chat template: text in, text out.</summary>
public sealed class TextModel : IAsyncDisposable
{
    private const int AnyObjectDepth = 5;
    private const string CallStart = "<|action_start|>";
    private const string CallEnd = "<|action_end|>";
    private const string Plugin = "<|plugin|>";

    private readonly Lazy<TokenTrie> trie;
    private readonly HashSet<int> endTokens;
    private readonly string? unreadableTemplate;

    private TextModel(InferenceEngine engine, Tokenizer tokenizer, TimeProvider time)
    {
        Engine = engine;
        Tokenizer = tokenizer;
        try
        {
            Template = ChatTemplate.Of(tokenizer, time) ?? ChatTemplate.ForSpecialTokens(tokenizer.SpecialTokens);
        }
        catch (ChatTemplateException e)
        {
            // The model still completes text; whoever asks it to chat is told.
            unreadableTemplate = e.Message;
        }

        trie = new(() => new TokenTrie(tokenizer));
        endTokens = [.. engine.Config.EosTokenIds, .. (Template?.StopTokens ?? []).Select(Tokenizer.IdOf).OfType<int>()];
    }

    /// <summary>The engine below.</summary>
    public InferenceEngine Engine { get; }

    /// <summary>The model's tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>How dialogues are written; null: the model cannot chat.</summary>
    public ChatTemplate? Template { get; }

    /// <summary>Whether the model has the tokens of a tool call.</summary>
    public bool CanCallTools => Template is not null && Tokenizer.IdOf(CallStart) is not null && Tokenizer.IdOf(CallEnd) is not null && Tokenizer.IdOf(Plugin) is not null;

    /// <summary>Reads a Hugging Face folder, or one with a GGUF file, and starts its engine; the files are closed again.</summary>
    /// <exception cref="InvalidModelException">The folder is no model that can be served.</exception>
    /// <exception cref="NotEnoughMemoryException">The model does not fit.</exception>
    public static TextModel Load(string folder, EngineOptions options, TimeProvider time) => Load(folder, null, options, time);

    /// <summary>The same with a smaller model that guesses ahead.</summary>
    /// <param name="folder">The served model.</param>
    /// <param name="draftFolder">A model with the same tokens; null: none.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">Clock.</param>
    /// <exception cref="InvalidModelException">A folder is no model that can be served, or the two have different tokens.</exception>
    /// <exception cref="NotEnoughMemoryException">They do not fit.</exception>
    public static TextModel Load(string folder, string? draftFolder, EngineOptions options, TimeProvider time)
    {
        using var opened = ModelWithTokenizer.Open(folder);
        using var draft = draftFolder is null ? null : ModelWithTokenizer.Open(draftFolder);
        if (draft is not null && FirstDifference(opened.Tokenizer, draft.Tokenizer) is { } token)
        {
            throw new InvalidModelException(draftFolder!, $"token {token} is another one than the served model's: a draft model needs the same tokenizer.");
        }

        return new(InferenceEngine.Start(opened.Model, opened.Tokenizer.VocabularySize, options, time, draft?.Model), opened.Tokenizer, time);
    }

    private static int? FirstDifference(Tokenizer one, Tokenizer other)
    {
        var shared = Math.Min(one.VocabularySize, other.VocabularySize);
        for (var token = 0; token < shared; token++)
        {
            if (!one.TokenBytes(token).SequenceEqual(other.TokenBytes(token)))
            {
                return token;
            }
        }

        return one.VocabularySize == other.VocabularySize ? null : shared;
    }

    /// <summary>Token ids of a dialogue up to where the assistant speaks.</summary>
    /// <exception cref="InferenceException">The model has no chat template, or a message cannot be written in it.</exception>
    public int[] EncodeChat(IReadOnlyList<ChatMessage> messages, string? toolsJson)
    {
        if (Template is null)
        {
            throw new InferenceException(
                "no_chat_template",
                unreadableTemplate is null ? "This model has no chat template; use completions instead." : $"This model's chat template cannot be read ({unreadableTemplate.TrimEnd('.')}); use completions instead.",
                "messages");
        }

        try
        {
            return Template.Encode(Tokenizer, messages, toolsJson, addGenerationPrompt: true);
        }
        catch (ChatTemplateException e)
        {
            throw new InferenceException("invalid_messages", e.Message, "messages");
        }
    }

    /// <summary>Token ids of plain text, begun as the model's training texts are.</summary>
    public int[] EncodeText(string text) => Engine.Config.BosTokenId is { } begin ? [begin, .. Tokenizer.Encode(text)] : Tokenizer.Encode(text);

    /// <summary>Queues a request; its answer is read from what comes back.</summary>
    /// <exception cref="InferenceException">The request is refused; see <see cref="InferenceEngine.Submit"/> and <see cref="UnsupportedSchemaException"/>.</exception>
    public TextGeneration Start(TextRequest request)
    {
        var room = Math.Max(0, Engine.Plan.ContextLength - request.Prompt.Count);
        var generation = Engine.Submit(new()
        {
            Prompt = request.Prompt,
            CacheSalt = request.CacheSalt,
            Adapter = request.Adapter,
            MaxNewTokens = Math.Min(request.MaxNewTokens ?? Math.Max(1, room), Math.Max(1, room)),
            Sampling = request.Sampling,
            StopTokens = request.IgnoreEndTokens ? new HashSet<int>() : endTokens,
            MinNewTokens = request.MinNewTokens,
            Constraint = request.Format is null ? null : Constrain(request.Format, request.SingleToolCall),
            LogProbs = request.LogProbs,
            TopLogProbs = request.TopLogProbs,
            PromptLogProbs = request.PromptLogProbs,
        });
        var tools = request.ReadToolCalls && CanCallTools ? new ToolCallReader(Tokenizer, IdOf(CallStart), IdOf(CallEnd)) : null;
        return new(generation, request, Tokenizer, tools);
    }

    /// <summary>A text's vector, [D], of length 1; bitwise the same alone and beside others.</summary>
    /// <param name="prompt">Its tokens.</param>
    /// <param name="cacheSalt">The tenant.</param>
    /// <param name="adapter">Additions to the weights; null: the model as it is.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="InferenceException">The request is refused, or failed.</exception>
    public async Task<IReadOnlyList<float>> EmbedAsync(IReadOnlyList<int> prompt, string cacheSalt, LoraAdapter? adapter, CancellationToken cancellationToken)
    {
        var generation = Engine.Submit(new() { Prompt = prompt, CacheSalt = cacheSalt, Adapter = adapter, MaxNewTokens = 0, Pooling = Pooling.Mean });
        try
        {
            await generation.Tokens.Completion.WaitAsync(cancellationToken);
            return generation.Embedding;
        }
        finally
        {
            generation.Cancel();   // no more than a wink where it has ended
        }
    }

    /// <summary>Stops the engine.</summary>
    public ValueTask DisposeAsync() => Engine.DisposeAsync();

    private ITokenConstraint Constrain(OutputFormat format, bool isSingle) => format switch
    {
        OutputFormat.AnyJsonObject => Constraint(Automaton(nfa => JsonGrammar.AnyObject(nfa, nfa.State(), AnyObjectDepth))),
        OutputFormat.FittingSchema fitting => Constraint(JsonSchema.Compile(fitting.Schema)),
        OutputFormat.MatchingRegex regex => Constraint(RegexGrammar.Compile(regex.Pattern)),
        OutputFormat.CallOf call when CanCallTools => Call(CallsOf(call.Tools), opened: 0),
        OutputFormat.TextOrCallsOf calls when CanCallTools => Free(CallsOf(calls.Tools), calls.Text is null ? null : Constrain(calls.Text, isSingle), isSingle),
        _ => throw new InferenceException("tools_unsupported", "This model has no tokens for tool calls.", "tools"),
    };

    private FreeCallConstraint Free(ByteAutomaton calls, ITokenConstraint? text, bool isSingle) => new(IdOf(CallStart), () => Call(calls, opened: 1), text, isSingle);

    private ToolCallConstraint Call(ByteAutomaton calls, int opened) => new([IdOf(CallStart), IdOf(Plugin)], Constraint(calls), IdOf(CallEnd), opened);

    private static ByteAutomaton CallsOf(IReadOnlyList<ToolForm> tools) => Automaton(nfa => ToolGrammar.Call(nfa, nfa.State(), tools));

    private GrammarConstraint Constraint(ByteAutomaton automaton) => new(automaton, trie.Value, Tokenizer);

    /// <summary>A grammar that begins at the automaton's first state.</summary>
    private static ByteAutomaton Automaton(Func<ByteNfa, int> build)
    {
        var nfa = new ByteNfa();
        var end = build(nfa);
        return new(nfa, 0, end);
    }

    private int IdOf(string token) => Tokenizer.IdOf(token) ?? throw new InferenceException("tools_unsupported", $"This model has no token {token}.", "tools");
}
