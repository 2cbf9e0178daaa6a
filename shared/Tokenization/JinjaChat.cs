using InternPlatform.Tokenization.Jinja;

namespace InternPlatform.Tokenization;

/// <summary>
/// A dialogue through the Jinja template that a tokenizer came with. What the template itself spells as a special token is one; what a speaker wrote
/// stays text, through whatever the template does with it. Only a role of the four that exist counts as the template's own word.
/// </summary>
internal sealed class JinjaChat(JinjaTemplate template, Tokenizer tokenizer)
{
    private readonly SpellingFinder spellings = new(tokenizer.SpecialTokens);

    public List<TemplateSegment> Render(IReadOnlyList<ChatMessage> messages, string? toolsJson, bool addGenerationPrompt)
    {
        var tools = toolsJson is null ? null : JinjaJson.Read(toolsJson, "The tool list");
        return Segments(template.Render(new Dictionary<string, object?>
        {
            ["messages"] = messages.Select(MessageOf).ToList<object?>(),
            ["tools"] = tools is List<object?> { Count: > 0 } ? tools : null,
            ["documents"] = null,
            ["add_generation_prompt"] = addGenerationPrompt,
            ["bos_token"] = Spelling(tokenizer.BosId) ?? Spelling(tokenizer.IdOf("<s>")) ?? MarkedText.Empty,
            ["eos_token"] = Spelling(tokenizer.EosId) ?? Spelling(tokenizer.IdOf("</s>")) ?? MarkedText.Empty,
            ["unk_token"] = Spelling(tokenizer.IdOf("<unk>")) ?? MarkedText.Empty,
            ["pad_token"] = Spelling(tokenizer.EosId) ?? MarkedText.Empty,
        }));
    }

    /// <summary>What ends an answer: the special tokens that the template writes right after one, and the tokenizer's end of text.</summary>
    public IReadOnlyList<string> StopTokens()
    {
        try
        {
            ChatMessage[] dialogue = [new() { Role = "user", Content = "x" }, new() { Role = "assistant", Content = "y" }];
            var ends = Render(dialogue, toolsJson: null, addGenerationPrompt: false).Where(segment => segment.IsSpecial && segment.Trained);
            return [.. ends.Select(segment => segment.Text).Append(Spelling(tokenizer.EosId)?.Text).OfType<string>().Distinct()];
        }
        catch (ChatTemplateException)
        {
            // The template wants another dialogue than this one; it may still be rendered with its own.
            return [.. new[] { Spelling(tokenizer.EosId)?.Text }.OfType<string>()];
        }
    }

    private static Map MessageOf(ChatMessage message)
    {
        if (message.Role is not ("system" or "user" or "assistant" or "tool"))
        {
            throw new ChatTemplateException($"The role '{message.Role}' is unknown. Roles are system, user, assistant and tool.");
        }

        var origin = message.Role == "assistant" ? Origin.Assistant : Origin.Speaker;
        var map = new Map();
        map.Set("role", new MarkedText(message.Role, Origin.Template));
        map.Set("content", new MarkedText(message.Content, origin));
        if (message.Name is not null)
        {
            map.Set("name", new MarkedText(message.Name, origin));
        }

        if (message.ToolCalls is { Count: > 0 } calls)
        {
            map.Set("tool_calls", calls.Select(CallOf).ToList<object?>());
        }

        return map;
    }

    private static Map CallOf(ChatToolCall call)
    {
        var function = new Map();
        function.Set("name", new MarkedText(call.Name, Origin.Assistant));
        function.Set("arguments", JinjaJson.Read(call.ArgumentsJson, $"The arguments of the call to '{call.Name}'", Origin.Assistant) as Map
            ?? throw new ChatTemplateException($"The arguments of the call to '{call.Name}' must be a JSON object."));
        var map = new Map();
        map.Set("type", new MarkedText("function", Origin.Template));
        map.Set("function", function);
        return map;
    }

    private MarkedText? Spelling(int? id) => id is { } known && tokenizer.IsSpecial(known)
        ? new MarkedText(tokenizer.SpecialTokens.First(token => token.Value == known).Key, Origin.Template)
        : null;

    private List<TemplateSegment> Segments(MarkedText rendered)
    {
        var segments = new List<TemplateSegment>();
        var (start, at) = (0, 0);
        while (Next(rendered, at) is var (found, length) && found >= 0)
        {
            AddPlain(segments, rendered.Slice(start, found - start));

            // The mark that ends an answer is learned with it.
            var isTrained = found > 0 && rendered.OriginAt(found - 1) == Origin.Assistant;
            segments.Add(new TemplateSegment(rendered.Text.Substring(found, length), IsSpecial: true, isTrained));
            (start, at) = (found + length, found + length);
        }

        AddPlain(segments, rendered.Slice(start, rendered.Length - start));
        return segments;
    }

    /// <summary>The next special token that the template spelled: looked for in its own characters only, so that nobody can make one longer either.</summary>
    private (int At, int Length) Next(MarkedText rendered, int from)
    {
        for (int end; from < rendered.Length; from = Math.Max(end, from + 1))
        {
            end = from;
            while (end < rendered.Length && rendered.OriginAt(end) == Origin.Template)
            {
                end++;
            }

            if (spellings.Next(rendered.Text.AsSpan(from, end - from), out var length, out _) is >= 0 and var at)
            {
                return (from + at, length);
            }
        }

        return (-1, 0);
    }

    // Cut where what is learned begins and ends.
    private static void AddPlain(List<TemplateSegment> segments, MarkedText text)
    {
        for (var start = 0; start < text.Length;)
        {
            var isTrained = text.OriginAt(start) == Origin.Assistant;
            var end = start + 1;
            while (end < text.Length && (text.OriginAt(end) == Origin.Assistant) == isTrained)
            {
                end++;
            }

            segments.Add(new TemplateSegment(text.Text[start..end], IsSpecial: false, isTrained));
            start = end;
        }
    }
}
