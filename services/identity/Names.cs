namespace InternPlatform.Identity;

/// <summary>Names of people, projects and keys.</summary>
internal static class Names
{
    public const int MaximumLength = 64;

    /// <returns>What is wrong with the name, or null.</returns>
    public static string? Fault(string name) =>
        string.IsNullOrWhiteSpace(name) || name.Length > MaximumLength ? $"takes 1 to {MaximumLength} characters"
        : name != name.Trim() || name.Any(char.IsControl) || name.Contains('/', StringComparison.Ordinal) ? "takes no slash, no control character, and no space at its ends"
        // A route takes a name or an id.
        : Guid.TryParse(name, out _) ? "must not look like an id"
        : null;
}
