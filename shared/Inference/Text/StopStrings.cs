namespace InternPlatform.Inference.Text;

/// <summary>
/// Lets text through as soon as it can no longer be part of a stop string. What follows a stop string, and the stop string
/// itself, never comes out.
/// </summary>
internal sealed class StopStrings(IReadOnlyList<string> stops)
{
    private string held = "";

    /// <summary>A stop string was found; nothing more comes.</summary>
    public bool IsFound { get; private set; }

    /// <summary>Takes new text and gives what is certain.</summary>
    public string Push(string text)
    {
        if (IsFound)
        {
            return "";
        }

        held += text;
        var first = -1;
        foreach (var stop in stops)
        {
            var at = held.IndexOf(stop, StringComparison.Ordinal);
            first = at >= 0 && (first < 0 || at < first) ? at : first;
        }

        IsFound = first >= 0;
        return Release(IsFound ? first : held.Length - Suspect());
    }

    /// <summary>The end: an unfinished stop string is plain text after all.</summary>
    public string Flush() => IsFound ? "" : Release(held.Length);

    private string Release(int length)
    {
        var text = held[..length];
        held = held[length..];
        return text;
    }

    /// <summary>Length of the longest end of the text that begins a stop string.</summary>
    private int Suspect()
    {
        var longest = 0;
        foreach (var stop in stops)
        {
            for (var length = Math.Min(stop.Length - 1, held.Length); length > longest; length--)
            {
                if (held.AsSpan().EndsWith(stop.AsSpan(0, length), StringComparison.Ordinal))
                {
                    longest = length;
                }
            }
        }

        return longest;
    }
}
