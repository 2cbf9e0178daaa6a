using System.Text;

namespace InternPlatform.Tokenization.Jinja;

/// <summary>Who wrote a character of a rendered dialogue.</summary>
internal enum Origin : byte
{
    /// <summary>The template: what it spells may be a special token.</summary>
    Template,

    /// <summary>Whoever speaks: what they write stays text.</summary>
    Speaker,

    /// <summary>The assistant: text like a speaker's, and what a model learns.</summary>
    Assistant,
}

/// <summary>
/// A string that remembers of each character who wrote it, through every operation of a template. It is why a user cannot type the end of a turn:
/// only characters of the template itself may spell a special token.
/// </summary>
internal sealed class MarkedText
{
    public static readonly MarkedText Empty = new("", Origin.Template);

    // As long as the text: one origin for each character.
    private readonly string marks;

    public MarkedText(string text, Origin origin)
        : this(text, new string((char)origin, text.Length))
    {
    }

    private MarkedText(string text, string marks)
    {
        Text = text;
        this.marks = marks;
    }

    public string Text { get; }

    public int Length => Text.Length;

    public Origin OriginAt(int index) => (Origin)marks[index];

    public MarkedText Slice(int start, int length) =>
        length == 0 ? Empty : length == Length ? this : new MarkedText(Text.Substring(start, length), marks.Substring(start, length));

    /// <summary>The same characters otherwise spelled, one for one.</summary>
    public MarkedText Map(Func<string, string> change) => new(change(Text), marks);

    public MarkedText Trim(string? characters, bool atStart, bool atEnd)
    {
        var (start, end) = (0, Length);
        while (atStart && start < end && IsTrimmed(Text[start]))
        {
            start++;
        }

        while (atEnd && end > start && IsTrimmed(Text[end - 1]))
        {
            end--;
        }

        return Slice(start, end - start);

        bool IsTrimmed(char character) => characters?.Contains(character) ?? char.IsWhiteSpace(character);
    }

    /// <summary>The parts between occurrences of <paramref name="separator"/>, at most <paramref name="most"/> cuts; without one, words between white space.</summary>
    public List<MarkedText> Split(string? separator, long most)
    {
        var parts = new List<MarkedText>();
        var start = separator is null ? EndOfSpace(0) : 0;
        while (parts.Count < most && (separator is null ? FirstSpace(start) : Text.IndexOf(separator, start, StringComparison.Ordinal)) is >= 0 and var at)
        {
            parts.Add(Slice(start, at - start));
            start = separator is null ? EndOfSpace(at) : at + separator.Length;
        }

        if (separator is not null || start < Length)
        {
            parts.Add(Slice(start, Length - start));
        }

        return parts;
    }

    public MarkedText Replace(string old, MarkedText with) => old.Length == 0
        ? throw new ChatTemplateException("The template replaces an empty text.")
        : Join(with, Split(old, int.MaxValue));

    public static MarkedText Join(MarkedText separator, IReadOnlyList<MarkedText> parts)
    {
        var builder = new Builder();
        foreach (var (index, part) in parts.Index())
        {
            builder.Add(index == 0 ? Empty : separator);
            builder.Add(part);
        }

        return builder.ToText();
    }

    public override string ToString() => Text;

    private int FirstSpace(int from)
    {
        while (from < Length && !char.IsWhiteSpace(Text[from]))
        {
            from++;
        }

        return from < Length ? from : -1;
    }

    private int EndOfSpace(int from)
    {
        while (from < Length && char.IsWhiteSpace(Text[from]))
        {
            from++;
        }

        return from;
    }

    /// <summary>A growing text, of a bounded length.</summary>
    public sealed class Builder
    {
        // A context of a million tokens has about four million characters.
        private const int MaxLength = 1 << 24;

        private readonly StringBuilder text = new();
        private readonly StringBuilder marks = new();

        public void Add(MarkedText more)
        {
            if (text.Length + more.Length > MaxLength)
            {
                throw new ChatTemplateException($"The template writes more than {MaxLength} characters.");
            }

            text.Append(more.Text);
            marks.Append(more.marks);
        }

        public void Add(string more) => Add(new MarkedText(more, Origin.Template));

        public MarkedText ToText() => text.Length == 0 ? Empty : new MarkedText(text.ToString(), marks.ToString());
    }
}
