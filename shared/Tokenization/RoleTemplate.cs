namespace InternPlatform.Tokenization;

/// <summary>
/// A format in which every turn stands between special tokens under its role: <c>open role close content end</c>. It has no form for tools.
/// </summary>
internal sealed record RoleTemplate
{
    public required string Name { get; init; }

    /// <summary>Begins the text, once; null: nothing does.</summary>
    public string? Bos { get; init; }
    public required string Open { get; init; }

    /// <summary>Special token after the role; null: none.</summary>
    public string? Close { get; init; }
    public required string AfterRole { get; init; }
    public required string End { get; init; }
    public string AfterEnd { get; init; } = "";
    public required IReadOnlyList<string> Stops { get; init; }

    /// <summary>OpenAI's ChatML, as Qwen uses it: no token begins the text.</summary>
    public static RoleTemplate ChatMl { get; } = new()
    {
        Name = "chatml",
        Open = "<|im_start|>",
        AfterRole = "\n",
        End = "<|im_end|>",
        AfterEnd = "\n",
        Stops = ["<|im_end|>", "<|endoftext|>"],
    };

    public static RoleTemplate Llama3 { get; } = new()
    {
        Name = "llama3_chat",
        Bos = "<|begin_of_text|>",
        Open = "<|start_header_id|>",
        Close = "<|end_header_id|>",
        AfterRole = "\n\n",
        End = "<|eot_id|>",
        Stops = ["<|eot_id|>", "<|end_of_text|>"],
    };

    public ChatTemplate Build() => new(Name, Jinja(), [.. ((string?[])[Bos, Open, Close, End]).OfType<string>()], Stops, Render);

    private string Jinja()
    {
        var (open, close) = (TemplateText.Jinja(Open), TemplateText.Jinja(Close + AfterRole));
        return string.Join('\n',
        [
            .. Bos is null ? (string[])[] : ["{{- bos_token -}}"],
            "{%- for message in messages -%}",
            $"{{{{- {open} + message['role'] + {close} + (message['content'] or '') + {TemplateText.Jinja(End + AfterEnd)} -}}}}",
            "{%- endfor -%}",
            "{%- if add_generation_prompt -%}",
            $"{{{{- {open} + 'assistant' + {close} -}}}}",
            "{%- endif -%}",
        ]);
    }

    private List<TemplateSegment> Render(IReadOnlyList<ChatMessage> messages, string? toolsJson, bool addGenerationPrompt)
    {
        List<TemplateSegment> segments = Bos is null ? [] : [new(Bos, IsSpecial: true, Trained: false)];
        TemplateText.RefuseTools(Name, messages, toolsJson);
        foreach (var message in messages)
        {
            var trained = message.Role == "assistant";
            segments.AddRange(Header(message.Role));
            if (message.Content.Length > 0)
            {
                segments.Add(new(message.Content, IsSpecial: false, trained));
            }

            segments.Add(new(End, IsSpecial: true, trained));
            if (AfterEnd.Length > 0)
            {
                segments.Add(new(AfterEnd, IsSpecial: false, Trained: false));
            }
        }

        if (addGenerationPrompt)
        {
            segments.AddRange(Header("assistant"));
        }

        return segments;
    }

    private IEnumerable<TemplateSegment> Header(string role) => Close is null
        ? [new(Open, IsSpecial: true, Trained: false), new(role + AfterRole, IsSpecial: false, Trained: false)]
        :
        [
            new(Open, IsSpecial: true, Trained: false), new(role, IsSpecial: false, Trained: false),
            new(Close, IsSpecial: true, Trained: false), new(AfterRole, IsSpecial: false, Trained: false),
        ];
}
