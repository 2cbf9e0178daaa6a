namespace InternPlatform.Tokenization;

/// <summary>
/// A format of question and answer in plain words, as XTuner writes it: begin of text, system and question in one piece, the answer, end of text,
/// and a separator before the next pair. Several questions in a row are one; an answer without a question stands alone.
/// </summary>
internal sealed record PairTemplate
{
    public const string Bos = "<s>";
    public const string Eos = "</s>";

    private const string VicunaSystem =
        "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions. ";

    private const string Llama2System =
        "[INST] <<SYS>>\n You are a helpful, respectful and honest assistant. Always answer as helpfully as possible, while being safe. Your answers should not include any " +
        "harmful, unethical, racist, sexist, toxic, dangerous, or illegal content. Please ensure that your responses are socially unbiased and positive in nature.\n";

    public required string Name { get; init; }

    /// <summary>Around the system prompt.</summary>
    public required (string Before, string After) System { get; init; }

    /// <summary>In the place of a system prompt where there is none.</summary>
    public string WithoutSystem { get; init; } = "";

    /// <summary>Around the question.</summary>
    public required (string Before, string After) Instruction { get; init; }
    public string Separator { get; init; } = "\n";

    public static IReadOnlyList<PairTemplate> All { get; } =
    [
        new() { Name = "default", System = ("<|System|>:", "\n"), Instruction = ("<|User|>:", "\n<|Bot|>:") },
        new() { Name = "zephyr", System = ("<|system|>\n", "\n"), Instruction = ("<|user|>\n", "\n<|assistant|>\n") },
        new() { Name = "llama2_chat", System = (Llama2System, "\n<</SYS>>\n [/INST] "), Instruction = ("[INST] ", " [/INST]") },
        new() { Name = "mistral", System = ("[INST] ", " [/INST]\n"), Instruction = ("[INST] ", " [/INST]") },
        new() { Name = "vicuna", System = (VicunaSystem, "\n "), Instruction = ("USER: ", " ASSISTANT:") },
        new()
        {
            Name = "alpaca",
            System = ("", "\n\n"),
            WithoutSystem = "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n",
            Instruction = ("### Instruction:\n", "\n\n### Response:\n"),
            Separator = "\n\n",
        },
    ];

    public ChatTemplate Build() => new(Name, Jinja(), [Bos, Eos], [Eos], Render);

    private string Jinja()
    {
        var prompt = $"({TemplateText.Jinja(Separator)} if s.pairs else '') + bos_token + (s.system or ('' if s.pairs else {TemplateText.Jinja(WithoutSystem)})) + " +
            $"(({TemplateText.Jinja(Instruction.Before)} + s.question + {TemplateText.Jinja(Instruction.After)}) if s.asked else '')";
        return string.Join('\n',
            "{%- set s = namespace(system='', question='', asked=false, pairs=0) -%}",
            "{%- for message in messages -%}",
            "{%- if message['role'] == 'system' -%}",
            $"{{%- set s.system = s.system + {TemplateText.Jinja(System.Before)} + message['content'] + {TemplateText.Jinja(System.After)} -%}}",
            "{%- elif message['role'] == 'user' -%}",
            "{%- set s.question = (s.question + '\\n' if s.asked else '') + message['content'] -%}",
            "{%- set s.asked = true -%}",
            "{%- else -%}",
            $"{{{{- {prompt} + (message['content'] or '') + eos_token -}}}}",
            "{%- set s.system = '' -%}{%- set s.question = '' -%}{%- set s.asked = false -%}{%- set s.pairs = s.pairs + 1 -%}",
            "{%- endif -%}",
            "{%- endfor -%}",
            "{%- if s.asked or s.system or add_generation_prompt -%}",
            $"{{{{- {prompt} -}}}}",
            "{%- endif -%}");
    }

    private List<TemplateSegment> Render(IReadOnlyList<ChatMessage> messages, string? toolsJson, bool addGenerationPrompt)
    {
        TemplateText.RefuseTools(Name, messages, toolsJson);
        var segments = new List<TemplateSegment>();
        var (system, question) = ("", (string?)null);
        foreach (var message in messages)
        {
            switch (message.Role)
            {
                case "system":
                    system += System.Before + message.Content + System.After;
                    break;
                case "user":
                    question = question is null ? message.Content : question + "\n" + message.Content;
                    break;
                default:
                    AddPrompt(segments, system, question);
                    segments.AddRange([.. Text(message.Content, trained: true), new(Eos, IsSpecial: true, Trained: true)]);
                    (system, question) = ("", null);
                    break;
            }
        }

        if (question is not null || system.Length > 0 || addGenerationPrompt)
        {
            AddPrompt(segments, system, question);
        }

        return segments;
    }

    private void AddPrompt(List<TemplateSegment> segments, string system, string? question)
    {
        var isFirst = segments.Count == 0;
        if (!isFirst)
        {
            segments.AddRange(Text(Separator, trained: false));
        }

        var before = system.Length > 0 ? system : isFirst ? WithoutSystem : "";
        segments.Add(new(Bos, IsSpecial: true, Trained: false));
        segments.AddRange(Text(before + (question is null ? "" : Instruction.Before + question + Instruction.After), trained: false));
    }

    private static IEnumerable<TemplateSegment> Text(string text, bool trained) => text.Length == 0 ? [] : [new TemplateSegment(text, IsSpecial: false, trained)];
}
