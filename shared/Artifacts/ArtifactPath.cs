using System.Text;

namespace InternPlatform.Artifacts;

/// <summary>
/// The one place that turns a name from outside into a path. Everything that takes a digest, a file of a manifest or a reference goes through it.
/// A name is '/'-separated, relative, and means the same on every file system; what is refused is refused by reason.
/// </summary>
public static class ArtifactPath
{
    private const int LongestName = 1024;
    private const int LongestSegment = 200;

    /// <summary>A lower-case hexadecimal SHA-256, or an exception.</summary>
    public static string Digest(string digest)
    {
        ArgumentNullException.ThrowIfNull(digest);
        if (!IsDigest(digest))
        {
            throw new InvalidArtifactPathException(digest, "a digest is 64 lower-case hexadecimal digits");
        }

        return digest;
    }

    public static bool IsDigest(string? digest) => digest is { Length: 64 } && digest.All(char.IsAsciiHexDigitLower);

    /// <summary>The name itself when it is safe, or an exception that says why not.</summary>
    public static string Relative(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Refusal(name) is { } reason)
        {
            throw new InvalidArtifactPathException(name, reason);
        }

        return name;
    }

    /// <summary>A path below <paramref name="root"/>: the name is checked, and no existing part of it may be a link.</summary>
    public static string Inside(string root, string name)
    {
        var full = Path.GetFullPath(root);
        foreach (var segment in Relative(name).Split('/'))
        {
            full = Path.Join(full, segment);
            if (new FileInfo(full).LinkTarget is not null)
            {
                throw new InvalidArtifactPathException(name, "a part of it is a symbolic link");
            }
        }

        return full;
    }

    private static string? Refusal(string name)
    {
        if (name.Length == 0)
        {
            return "it is empty";
        }

        if (name.Length > LongestName)
        {
            return $"it is longer than {LongestName} characters";
        }

        if (name[0] == '/')
        {
            return "it is absolute";
        }

        return name.FirstOrDefault(Forbidden, ' ') is not ' ' and var bad
            ? $"the character U+{(int)bad:X4} is not allowed"
            : HasLoneSurrogate(name) ? "it is not valid Unicode"
            : name.Split('/').Select(SegmentRefusal).FirstOrDefault(reason => reason is not null);
    }

    /// <summary>Separators and drive marks of other systems, wildcards, and whatever hides on a terminal or reverses reading order.</summary>
    private static bool Forbidden(char c)
        => char.IsControl(c) || c is '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' or '\u2028' or '\u2029' or '\ufeff'
            or (>= '\u200b' and <= '\u200f') or (>= '\u202a' and <= '\u202e') or (>= '\u2060' and <= '\u2069');

    private static bool HasLoneSurrogate(string name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsSurrogate(name[i]) && !(char.IsHighSurrogate(name[i]) && i + 1 < name.Length && char.IsLowSurrogate(name[++i])))
            {
                return true;
            }
        }

        return false;
    }

    private static string? SegmentRefusal(string segment)
    {
        if (segment.Length == 0)
        {
            return "it has an empty part";
        }

        if (segment is "." or "..")
        {
            return "it has a part that means another folder";
        }

        if (Encoding.UTF8.GetByteCount(segment) > LongestSegment)
        {
            return $"a part is longer than {LongestSegment} bytes";
        }

        if (segment[^1] is '.' or ' ' || segment[0] == ' ')
        {
            return "a part begins with a space or ends with a space or a dot";
        }

        return IsDeviceName(segment) ? "a part is a device name on some systems" : null;
    }

    private static bool IsDeviceName(string segment)
    {
        var stem = segment.Split('.')[0].TrimEnd().ToUpperInvariant();
        return stem is "CON" or "PRN" or "AUX" or "NUL" or "CONIN$" or "CONOUT$"
            || (stem.Length == 4 && (stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal)) && char.IsDigit(stem[3]));
    }
}
