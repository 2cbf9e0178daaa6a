using System.Collections;
using System.Globalization;
using System.Resources;
using System.Text.RegularExpressions;
using Xunit;

namespace InternPlatform.Portal.Tests;

/// <summary>Every word of the portal is there in both languages.</summary>
public sealed partial class Words
{
    private static readonly CultureInfo Chinese = new("zh-CN");

    public static TheoryData<Type> Sets => [typeof(Texts), typeof(MudTexts)];

    [Theory, MemberData(nameof(Sets))]
    public void Both_languages_have_the_same_keys(Type set) =>
        Assert.Equal(Entries(set, CultureInfo.InvariantCulture).Keys.Order(), Entries(set, Chinese).Keys.Order());

    [Theory, MemberData(nameof(Sets))]
    public void Both_languages_take_the_same_arguments(Type set)
    {
        var chinese = Entries(set, Chinese);
        foreach (var (key, english) in Entries(set, CultureInfo.InvariantCulture))
        {
            Assert.True(Arguments(english).SetEquals(Arguments(chinese[key])), $"{key}: '{english}' and '{chinese[key]}' differ in their arguments.");
        }
    }

    [Fact]
    public void English_has_no_Chinese_in_it_but_the_name_of_the_other_language() =>
        Assert.Equal(["Shell_OtherLanguage"], Entries(typeof(Texts), CultureInfo.InvariantCulture).Where(entry => Han().IsMatch(entry.Value)).Select(entry => entry.Key));

    [Fact]
    public void Every_key_that_a_page_asks_for_exists()
    {
        var known = Entries(typeof(Texts), CultureInfo.InvariantCulture).Keys.ToHashSet();
        var asked = Sources().SelectMany(file => Asked().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value));

        Assert.Empty(asked.Where(key => !known.Contains(key)).Distinct());
    }

    [Fact]
    public void No_page_has_words_of_its_own()
    {
        var offences =
            from file in Sources()
            where file.EndsWith(".razor", StringComparison.Ordinal)
            let markup = Comment().Replace(File.ReadAllText(file).Split("@code {")[0], "")
            from Match match in Literal().Matches(markup)
            where !Allowed.Contains(match.Groups[1].Value.Trim())
            select $"{Path.GetFileName(file)}: {match.Groups[1].Value.Trim()}";

        Assert.Empty(offences);
    }

    // Names, not words.
    private static readonly HashSet<string> Allowed = ["InternPlatform", "curl", "C#", "CSV", "Markdown", "http://localhost:8080/welcome#token=…", "· InternPlatform"];

    private static Dictionary<string, string> Entries(Type set, CultureInfo culture)
    {
        var resources = new ResourceManager($"InternPlatform.Portal.Resources.{set.Name}", set.Assembly);
        return resources.GetResourceSet(culture, createIfNotExists: true, tryParents: false)!
            .Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
    }

    private static HashSet<string> Arguments(string text) => [.. Argument().Matches(text).Select(match => match.Value)];

    private static IEnumerable<string> Sources()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "InternPlatform.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("InternPlatform.sln was not found above the test's folder.");
        }

        return Directory.EnumerateFiles(Path.Combine(folder.FullName, "web", "portal"), "*.*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".razor", StringComparison.Ordinal) || file.EndsWith(".cs", StringComparison.Ordinal));
    }

    [GeneratedRegex("""\{\d+\}""")]
    private static partial Regex Argument();

    [GeneratedRegex("""\p{IsCJKUnifiedIdeographs}""")]
    private static partial Regex Han();

    [GeneratedRegex("""L\["([\w-]+)"[\],]""")]
    private static partial Regex Asked();

    [GeneratedRegex("""(?s)@\*.*?\*@""")]
    private static partial Regex Comment();

    [GeneratedRegex(""">([^<>@{}()=;"]*\p{L}{3,}[^<>@{}()=;"]*)<""")]
    private static partial Regex Literal();
}
