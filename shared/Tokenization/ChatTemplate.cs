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
        [.. Segments(messages, toolsJson, addGenerationPrompt).SelectMany(segment => Encode(tokenizer, segment))];

    /// <summary>Ids of the dialogue in InternEvo's sign convention: a negative id is input that no loss is taken on.</summary>
    /// <exception cref="ChatTemplateException">As <see cref="Segments"/>, or the tokenizer lacks a special token.</exception>
    public int[] EncodeForTraining(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages, string? toolsJson) =>
    [
        .. Segments(messages, toolsJson, addGenerationPrompt: false).SelectMany(
            segment => Encode(tokenizer, segment).Select(id => segment.Trained ? id : -id)),
    ];

    /// <summary>Whether the tokenizer has every special token of the template, and one that ends an answer.</summary>
    public bool Fits(Tokenizer tokenizer) => SpecialTokens.All(tokenizer.SpecialTokens.ContainsKey) && StopTokens.Any(token => tokenizer.IdOf(token) is not null);

    /// <summary>Ids that end an answer, those of them that the tokenizer has.</summary>
    /// <exception cref="ChatTemplateException">It has none: answers would never end.</exception>
    public IReadOnlyList<int> StopIds(Tokenizer tokenizer) => StopTokens.Select(tokenizer.IdOf).OfType<int>().ToArray() is { Length: > 0 } ids
        ? ids
        : throw new ChatTemplateException($"The tokenizer has none of the tokens that end an answer in the chat template '{Name}': {string.Join(", ", StopTokens)}.");

    private int[] Encode(Tokenizer tokenizer, TemplateSegment segment)
    {
        if (!segment.IsSpecial)
        {
            return tokenizer.Encode(segment.Text);
        }

        return tokenizer.SpecialTokens.TryGetValue(segment.Text, out var id)
            ? [id]
            : throw new ChatTemplateException($"The chat template '{Name}' needs the special token '{segment.Text}', which the tokenizer does not have.");
    }
}
