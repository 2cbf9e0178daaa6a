namespace InternPlatform.Catalog;

/// <summary>Names that people give: one line, not too long, and never one that a route could take for an id.</summary>
internal static class ObjectName
{
    public const int Longest = 120;

    /// <summary>Why the name cannot be used, or null.</summary>
    public static string? Refusal(string name) => name switch
    {
        _ when string.IsNullOrWhiteSpace(name) => "It is empty.",
        _ when name.Length > Longest => $"It is longer than {Longest} characters.",
        _ when name != name.Trim() => "It begins or ends with a space.",
        _ when name.Any(c => char.IsControl(c) || c is '/' or '\\') => "It holds a slash or a control character.",
        _ when Guid.TryParse(name, out _) => "It looks like an id, and routes take either.",
        _ => null,
    };
}
