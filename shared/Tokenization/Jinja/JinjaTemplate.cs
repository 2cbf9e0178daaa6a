namespace InternPlatform.Tokenization.Jinja;

/// <summary>
/// The part of Jinja that chat templates use, read once and rendered often. It reads nothing but what it is given, and its depth, its steps and its
/// output are bounded: a template may come from anybody.
/// </summary>
internal sealed class JinjaTemplate
{
    private const int MaxLength = 1 << 20;

    private readonly Statement body;
    private readonly TimeProvider time;

    /// <exception cref="ChatTemplateException">The template cannot be understood: the line, and why.</exception>
    public JinjaTemplate(string template, TimeProvider time)
    {
        body = template.Length <= MaxLength
            ? StatementParser.Parse(template)
            : throw new ChatTemplateException($"The chat template has {template.Length} characters; at most {MaxLength} are read.");
        this.time = time;
    }

    /// <exception cref="ChatTemplateException">The template refuses the dialogue, does what cannot be done, or does too much.</exception>
    public MarkedText Render(IReadOnlyDictionary<string, object?> variables)
    {
        var globals = Globals.All(time).ToDictionary(function => function.Name, object? (function) => function);
        var frame = new Frame(globals.Concat(variables).ToDictionary(entry => entry.Key, entry => entry.Value));
        body.Run(frame);
        return frame.Output.ToText();
    }
}
