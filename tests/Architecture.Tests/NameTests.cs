using System.Text.RegularExpressions;
using Xunit;

namespace InternPlatform.Architecture.Tests;

/// <summary>Names that say nothing, and names that collide.</summary>
public sealed partial class NameTests
{
    [Fact]
    public void No_type_is_called_Utils_Helpers_or_Manager()
    {
        var offences =
            from source in Repository.Sources()
            from Match type in TypeName().Matches(Repository.Read(source))
            where EmptyName().IsMatch(type.Groups[1].Value)
            select $"{source}: {type.Groups[1].Value}";

        Assert.Empty(offences);
    }

    [Fact]
    public void Option_sections_are_unique()
    {
        var sections =
            from source in Repository.Sources()
            where !source.StartsWith("tests/", StringComparison.Ordinal)
            from Match section in Section().Matches(Repository.Read(source))
            group source by section.Groups[1].Value into same
            where same.Count() > 1
            select $"{same.Key}: {string.Join(", ", same)}";

        Assert.Empty(sections);
    }

    [GeneratedRegex(@"\b(?:class|record|struct|interface|enum)\s+(?:struct\s+|class\s+)?([A-Z]\w*)")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"(Utils?|Utilit(y|ies)|Helpers?|Manager)$")]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"const string Section(?:Name)? = ""([^""]+)""")]
    private static partial Regex Section();
}
