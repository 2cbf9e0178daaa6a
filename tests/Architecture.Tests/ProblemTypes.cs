using System.Text.RegularExpressions;

namespace InternPlatform.Architecture.Tests;

/// <summary>
/// The problem types that sources can answer with: the kebab-case names in a room's Problems.cs, those of failing jobs,
/// and URNs spelt out.
/// </summary>
internal static partial class ProblemTypes
{
    public static IEnumerable<string> InSources() =>
        from source in Repository.Sources()
        where !source.StartsWith("tests/", StringComparison.Ordinal) && !source.StartsWith("samples/", StringComparison.Ordinal)
        let text = Repository.Read(source)
        from problem in Named(source, text).Concat(InText(text))
        select problem;

    public static IEnumerable<string> InText(string text) => Urn().Matches(text).Select(match => match.Groups[1].Value);

    private static IEnumerable<string> Named(string source, string text)
    {
        var names = source.EndsWith("Problems.cs", StringComparison.Ordinal) ? Kebab() : FailedJob();
        return names.Matches(text).Concat(OfAnyService().Matches(text)).Select(match => $"urn:intern-platform:{OwnerOf(source)}:{match.Groups[1].Value}");
    }

    /// <summary>Jobs speak with the name of the service they run for.</summary>
    private static string OwnerOf(string source) => source.Split('/') switch
    {
        ["web", "gateway", ..] => "edge",
        ["services" or "web", var service, ..] => service,
        ["shared", ..] => "<service>",
        _ => "platform",
    };

    [GeneratedRegex(@"(urn:intern-platform:[a-z<>-]+:[a-z]+(?:-[a-z0-9]+)*)")]
    private static partial Regex Urn();

    [GeneratedRegex(@"""([a-z]+(?:-[a-z0-9]+)+)""")]
    private static partial Regex Kebab();

    [GeneratedRegex(@"Prefix\}\{service\}:([a-z]+(?:-[a-z0-9]+)*)")]
    private static partial Regex OfAnyService();

    [GeneratedRegex(@"new JobFailedException\(\s*""([a-z]+(?:-[a-z0-9]+)*)""")]
    private static partial Regex FailedJob();
}
