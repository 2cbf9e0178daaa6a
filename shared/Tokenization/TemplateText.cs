namespace InternPlatform.Tokenization;

/// <summary>What the templates without tools share.</summary>
internal static class TemplateText
{
    /// <summary>A text as a Jinja string.</summary>
    public static string Jinja(string text) =>
        "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "'";

    /// <summary>Roles and calls that a template has no form for are refused, not left out.</summary>
    public static void RefuseTools(string template, IReadOnlyList<ChatMessage> messages, string? toolsJson)
    {
        if (toolsJson is not null && ChatJson.ToolList(toolsJson) is not null)
        {
            throw new ChatTemplateException($"The chat template '{template}' has no form for a list of tools; 'internlm2' has.");
        }

        foreach (var message in messages)
        {
            if (message.Role == "tool" || message.ToolCalls is { Count: > 0 })
            {
                throw new ChatTemplateException($"The chat template '{template}' has no form for tool calls and their results; 'internlm2' has.");
            }

            if (message.Role is not ("system" or "user" or "assistant"))
            {
                throw new ChatTemplateException($"The role '{message.Role}' is unknown. Roles are system, user, assistant and tool.");
            }
        }
    }
}
