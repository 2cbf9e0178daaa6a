using InternPlatform.Tokenization.Jinja;

namespace InternPlatform.Tokenization;

/// <summary>
/// How a dialogue becomes tokens: the one registry that training, chat, serving and evaluation use. Every segment is
/// encoded on its own, so a prompt and the training text of the same dialogue have the same ids.
/// </summary>
public sealed class ChatTemplate
{
    private static readonly Dictionary<string, ChatTemplate> Registry = MakeRegistry();

    private readonly RenderDialogue render;

    internal ChatTemplate(string name, string jinja, IReadOnlyList<string> specialTokens, IReadOnlyList<string> stopTokens, RenderDialogue render)
    {
        Name = name;
        Jinja = jinja;
        SpecialTokens = specialTokens;
        StopTokens = stopTokens;
        this.render = render;
    }

    internal delegate List<TemplateSegment> RenderDialogue(IReadOnlyList<ChatMessage> messages, string? toolsJson, bool addGenerationPrompt);

    /// <summary>Names that <see cref="Get"/> knows.</summary>
    public static IReadOnlyCollection<string> Names => Registry.Keys;

    /// <summary>Name in the registry.</summary>
    public string Name { get; }

    /// <summary>The same template for Hugging Face's <c>chat_template</c>.</summary>
    public string Jinja { get; }

    /// <summary>Special tokens that a tokenizer must have to encode with this template.</summary>
    public IReadOnlyList<string> SpecialTokens { get; }

    /// <summary>Tokens that end an answer.</summary>
    public IReadOnlyList<string> StopTokens { get; }

    private bool HasMarks => SpecialTokens.Any(token => token is not (PairTemplate.Bos or PairTemplate.Eos));

    /// <summary>The template of this name.</summary>
    /// <exception cref="ChatTemplateException">No template has the name.</exception>
    public static ChatTemplate Get(string name) => Registry.TryGetValue(name, out var template)
        ? template
        : throw new ChatTemplateException($"There is no chat template '{name}'. Known: {string.Join(", ", Names)}.");

    /// <summary>The first template with turn marks of its own whose special tokens are all among these, or null: begin and end of a text alone tell nothing.</summary>
    public static ChatTemplate? ForSpecialTokens(IReadOnlyDictionary<string, int> specialTokens) =>
        Registry.Values.FirstOrDefault(template => template.HasMarks && template.SpecialTokens.All(specialTokens.ContainsKey));

    /// <summary>
    /// The template that came with the tokenizer: one of the registry where the text is its own, else the Jinja text itself; null where it came with none.
    /// </summary>
    /// <param name="tokenizer">Whose special tokens the template's text may spell. What messages spell stays text.</param>
    /// <param name="time">What a template that writes the date is told.</param>
    /// <exception cref="ChatTemplateException">The text is not what can be read: the line, and why.</exception>
    public static ChatTemplate? Of(Tokenizer tokenizer, TimeProvider time)
    {
        if (tokenizer.ChatTemplateText is not { } jinja)
        {
            return null;
        }

        var own = Registry.Values.FirstOrDefault(template => template.Jinja == jinja);
        if (own is not null)
        {
            return own;
        }

        var chat = new JinjaChat(new JinjaTemplate(jinja, time), tokenizer);
        return new ChatTemplate("jinja", jinja, [], chat.StopTokens(), chat.Render);
    }

    private static Dictionary<string, ChatTemplate> MakeRegistry()
    {
        var internLm2 = new ChatTemplate(
            InternLm2Template.Name, InternLm2Template.Jinja, InternLm2Template.SpecialTokens, InternLm2Template.StopTokens, InternLm2Template.Render);
        var chatMl = RoleTemplate.ChatMl.Build();
        var registry = new Dictionary<string, ChatTemplate>(StringComparer.Ordinal)
        {
            [internLm2.Name] = internLm2,
            ["internlm2_chat"] = internLm2,
            [chatMl.Name] = chatMl,
            ["qwen_chat"] = chatMl,
        };
        foreach (var template in PairTemplate.All.Select(pair => pair.Build()).Prepend(RoleTemplate.Llama3.Build()))
        {
            registry.Add(template.Name, template);
        }

        return registry;
    }

    /// <summary>The dialogue in pieces, in order.</summary>
    /// <param name="messages">The turns.</param>
    /// <param name="toolsJson">A JSON array of tools, in OpenAI's form or bare; null or empty where there are none.</param>
    /// <param name="addGenerationPrompt">Whether to open an assistant's turn at the end.</param>
    /// <exception cref="ChatTemplateException">A role is unknown, or a piece of JSON is not what it should be.</exception>
    public IReadOnlyList<TemplateSegment> Segments(IReadOnlyList<ChatMessage> messages, string? toolsJson, bool addGenerationPrompt) =>
        render(messages, toolsJson, addGenerationPrompt);

    /// <summary>Ids of the dialogue, for inference.</summary>
    /// <exception cref="ChatTemplateException">As <see cref="Segments"/>, or the tokenizer lacks a special token.</exception>
    public int[] Encode(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages, string? toolsJson, bool addGenerationPrompt) =>
        [.. Encode(tokenizer, Segments(messages, toolsJson, addGenerationPrompt)).SelectMany(segment => segment.Ids)];

    /// <summary>Ids of the dialogue in InternEvo's sign convention: a negative id is input that no loss is taken on.</summary>
    /// <exception cref="ChatTemplateException">As <see cref="Segments"/>, or the tokenizer lacks a special token.</exception>
    public int[] EncodeForTraining(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages, string? toolsJson) =>
    [
        .. Encode(tokenizer, Segments(messages, toolsJson, addGenerationPrompt: false)).SelectMany(
            segment => segment.Ids.Select(id => segment.Trained ? id : -id)),
    ];

    /// <summary>Whether the tokenizer has every special token of the template, and one that ends an answer.</summary>
    public bool Fits(Tokenizer tokenizer) => SpecialTokens.All(tokenizer.SpecialTokens.ContainsKey) && StopTokens.Any(token => tokenizer.IdOf(token) is not null);

    /// <summary>Ids that end an answer, those of them that the tokenizer has.</summary>
    /// <exception cref="ChatTemplateException">It has none: answers would never end.</exception>
    public IReadOnlyList<int> StopIds(Tokenizer tokenizer) => StopTokens.Select(tokenizer.IdOf).OfType<int>().ToArray() is { Length: > 0 } ids
        ? ids
        : throw new ChatTemplateException($"The tokenizer has none of the tokens that end an answer in the chat template '{Name}': {string.Join(", ", StopTokens)}.");

    private IEnumerable<(int[] Ids, bool Trained)> Encode(Tokenizer tokenizer, IReadOnlyList<TemplateSegment> segments)
    {
        var isBeginning = true;
        foreach (var segment in segments)
        {
            yield return (segment.IsSpecial ? [IdOf(tokenizer, segment.Text)] : isBeginning ? tokenizer.Encode(segment.Text) : tokenizer.EncodeContinuation(segment.Text), segment.Trained);
            isBeginning &= segment.IsSpecial;
        }
    }

    private int IdOf(Tokenizer tokenizer, string special) => tokenizer.SpecialTokens.TryGetValue(special, out var id)
        ? id
        : throw new ChatTemplateException($"The chat template '{Name}' needs the special token '{special}', which the tokenizer does not have.");
}
