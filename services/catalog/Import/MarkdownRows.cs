using System.Text;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Import;

/// <summary>
/// Markdown: a row a section, with its heading. Headings inside fenced code are code; a heading without text of its own stays with the section below it;
/// a long section becomes several rows as running text does.
/// </summary>
internal sealed class MarkdownRows(DatasetWriter dataset)
{
    private readonly TextRows text = new(dataset);
    private byte[]? held;    // one line: the next may say that it is a heading
    private bool heldIsHeading;
    private bool hasBody;
    private string? fence;

    public void Read(LineReader lines, Action<long> progress)
    {
        while (lines.TryRead(out var line))
        {
            lines.CheckUtf8(line);
            Add(line);
            progress(lines.Position);
        }

        ReleaseHeld();
        text.EndRow();
    }

    private void Add(ReadOnlySpan<byte> line)
    {
        var code = fence is not null;
        FollowFence(line);
        if (!code && IsUnderline(line) && held is not null && !heldIsHeading && !IsBlank(held))
        {
            BeginSection();
            text.AddLine(held);
            text.AddLine(line);
            held = null;
            return;
        }

        ReleaseHeld();
        heldIsHeading = !code && IsHeading(line);
        if (heldIsHeading)
        {
            BeginSection();
        }

        held = line.ToArray();
    }

    private void BeginSection()
    {
        if (hasBody)
        {
            text.EndRow();
        }

        hasBody = false;
    }

    private void ReleaseHeld()
    {
        if (held is not null)
        {
            text.AddLine(held);
            hasBody |= !heldIsHeading && !IsBlank(held);
            held = null;
        }
    }

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.IndexOfAnyExcept((byte)' ', (byte)'\t') < 0;

    /// <summary>One to six '#', then a space or nothing; at most three spaces before them.</summary>
    private static bool IsHeading(ReadOnlySpan<byte> line)
    {
        var rest = line.TrimStart((byte)' ');
        var marks = rest.IndexOfAnyExcept((byte)'#');
        marks = marks < 0 ? rest.Length : marks;
        return line.Length - rest.Length <= 3 && marks is >= 1 and <= 6 && (marks == rest.Length || rest[marks] is (byte)' ' or (byte)'\t');
    }

    private static bool IsUnderline(ReadOnlySpan<byte> line)
    {
        var marks = line.TrimEnd((byte)' ');
        return marks.Length >= 3 && (marks.IndexOfAnyExcept((byte)'=') < 0 || marks.IndexOfAnyExcept((byte)'-') < 0);
    }

    private void FollowFence(ReadOnlySpan<byte> line)
    {
        var start = Encoding.UTF8.GetString(line.Length > 80 ? line[..80] : line).TrimStart();
        if (fence is null)
        {
            fence = start.StartsWith("```", StringComparison.Ordinal) ? "```" : start.StartsWith("~~~", StringComparison.Ordinal) ? "~~~" : null;
        }
        else if (start.StartsWith(fence, StringComparison.Ordinal))
        {
            fence = null;
        }
    }
}
