namespace InternPlatform.Tokenization;

/// <summary>
/// InternLM2's chat format. Tools are listed in a system turn named <c>&lt;|plugin|&gt;</c> after the system prompt, a
/// call stands at the end of the assistant's turn, and its result comes back from the environment.
/// </summary>
internal static class InternLm2Template
{
    public const string Name = "internlm2";

    public const string Jinja =
        """
        {{- bos_token -}}
        {%- set rest = messages -%}
        {%- if messages and messages[0]['role'] == 'system' -%}
        {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' -}}
        {%- set rest = messages[1:] -%}
        {%- endif -%}
        {%- if tools -%}
        {%- set list = namespace(items=[]) -%}
        {%- for tool in tools -%}
        {%- set bare = tool['function'] if tool['function'] is defined else tool -%}
        {%- set schema = bare['parameters'] if bare['parameters'] is mapping else {} -%}
        {%- set short = namespace(fits=bare | length == 2 and schema['properties'] is mapping and schema['required'] is defined and not (schema.keys() | reject('in', ['type', 'properties', 'required', 'additionalProperties']) | list), kinds={}) -%}
        {%- for name, property in (schema['properties'] if short.fits else {}).items() -%}
        {%- if property is mapping and name in schema['required'] and not (property.keys() | reject('in', ['type', 'enum']) | list) and (property['enum'] | default([property['type']], true) | select('string') | list) == (property['enum'] | default([property['type']], true)) -%}
        {%- set words = property['enum'] | default([property['type']], true) -%}
        {%- set kind = words[0] if words | length == 1 else (words[:-1] | join(', ')) + ' or ' + words[-1] -%}
        {%- set short.kinds = dict(short.kinds, **{name: kind}) -%}
        {%- else -%}
        {%- set short.fits = false -%}
        {%- endif -%}
        {%- endfor -%}
        {%- set list.items = list.items + [{'name': bare['name'], 'parameters': short.kinds} if short.fits else bare] -%}
        {%- endfor -%}
        {{- '<|im_start|>system name=<|plugin|>\n' + (list.items | tojson) + '<|im_end|>\n' -}}
        {%- endif -%}
        {%- for message in rest -%}
        {%- if message['role'] == 'tool' -%}
        {{- '<|im_start|>environment name=<|plugin|>\n' + message['content'] + '<|im_end|>\n' -}}
        {%- else -%}
        {{- '<|im_start|>' + message['role'] + '\n' + (message['content'] or '') -}}
        {%- for call in message['tool_calls'] or [] -%}
        {%- set called = call['function'] if call['function'] is defined else call -%}
        {{- '<|action_start|><|plugin|>\n{"name": ' + (called['name'] | tojson) + ', "parameters": ' -}}
        {{- called['arguments'] if called['arguments'] is string else (called['arguments'] | tojson) -}}
        {{- '}<|action_end|>' -}}
        {%- endfor -%}
        {{- '<|im_end|>\n' -}}
        {%- endif -%}
        {%- endfor -%}
        {%- if add_generation_prompt -%}
        {{- '<|im_start|>assistant\n' -}}
        {%- endif -%}
        """;

    private const string Bos = "<s>";
    private const string TurnStart = "<|im_start|>";
    private const string TurnEnd = "<|im_end|>";
    private const string CallStart = "<|action_start|>";
    private const string CallEnd = "<|action_end|>";
    private const string Plugin = "<|plugin|>";

    public static IReadOnlyList<string> SpecialTokens { get; } = [Bos, TurnStart, TurnEnd, CallStart, CallEnd, Plugin];

    public static IReadOnlyList<string> StopTokens { get; } = [TurnEnd, "</s>"];

    public static List<TemplateSegment> Render(IReadOnlyList<ChatMessage> messages, string? toolsJson, bool addGenerationPrompt)
    {
        List<TemplateSegment> segments = [Special(Bos)];
        var turns = messages.AsEnumerable();
        if (messages.Count > 0 && messages[0].Role == "system")
        {
            AddTurn(segments, messages[0]);
            turns = turns.Skip(1);
        }

        if (toolsJson is not null && ChatJson.ToolList(toolsJson) is { } tools)
        {
            AddPluginTurn(segments, "system", tools);
        }

        foreach (var message in turns)
        {
            AddTurn(segments, message);
        }

        if (addGenerationPrompt)
        {
            segments.AddRange([Special(TurnStart), Plain("assistant\n")]);
        }

        return segments;
    }

    private static void AddTurn(List<TemplateSegment> segments, ChatMessage message)
    {
        if (message.ToolCalls is { Count: > 0 } && message.Role != "assistant")
        {
            throw new ChatTemplateException($"A turn with the role '{message.Role}' has tool calls; only the assistant calls tools.");
        }

        switch (message.Role)
        {
            case "system" or "user":
                AddPlainTurn(segments, message);
                break;
            case "assistant":
                AddAssistantTurn(segments, message);
                break;
            case "tool":
                AddPluginTurn(segments, "environment", message.Content);
                break;
            default:
                throw new ChatTemplateException($"The role '{message.Role}' is unknown. Roles are system, user, assistant and tool.");
        }
    }

    private static void AddPlainTurn(List<TemplateSegment> segments, ChatMessage message) =>
        segments.AddRange([Special(TurnStart), Plain(Header(message)), .. Text(message.Content, trained: false), Special(TurnEnd), Plain("\n")]);

    private static void AddPluginTurn(List<TemplateSegment> segments, string role, string content) => segments.AddRange(
        [Special(TurnStart), Plain(role + " name="), Special(Plugin), Plain("\n"), .. Text(content, trained: false), Special(TurnEnd), Plain("\n")]);

    private static void AddAssistantTurn(List<TemplateSegment> segments, ChatMessage message)
    {
        segments.AddRange([Special(TurnStart), Plain(Header(message)), .. Text(message.Content, trained: true)]);
        foreach (var call in message.ToolCalls ?? [])
        {
            segments.AddRange(
            [
                Special(CallStart, trained: true), Special(Plugin, trained: true),
                .. Text("\n" + ChatJson.Call(call), trained: true), Special(CallEnd, trained: true),
            ]);
        }

        segments.AddRange([Special(TurnEnd, trained: true), Plain("\n")]);
    }

    private static string Header(ChatMessage message) => message.Name is null
        ? message.Role + "\n"
        : message.Name.AsSpan().ContainsAny('\n', '\r')
            ? throw new ChatTemplateException("The name of a turn's speaker must be one line.")
            : $"{message.Role} name={message.Name}\n";

    private static IEnumerable<TemplateSegment> Text(string text, bool trained) =>
        text.Length == 0 ? [] : [new TemplateSegment(text, IsSpecial: false, trained)];

    private static TemplateSegment Plain(string text) => new(text, IsSpecial: false, Trained: false);

    private static TemplateSegment Special(string spelling, bool trained = false) => new(spelling, IsSpecial: true, trained);
}
