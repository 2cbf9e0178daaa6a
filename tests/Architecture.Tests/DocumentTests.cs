using System.Text.RegularExpressions;
using Xunit;

namespace InternPlatform.Architecture.Tests;

/// <summary>Documents that name what is there, and all of it.</summary>
public sealed partial class DocumentTests
{
    private static readonly string[] Documents =
        ["README.md", .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    // Decisions speak of rooms that a later issue builds.
    private static readonly string[] Planned = ["kernels/Gpu"];

    [Fact]
    public void Every_path_in_the_documents_exists()
    {
        var offences =
            from document in Documents
            from path in PathsIn(document)
            where !Planned.Contains(path) && !Repository.Exists(path)
            select $"{document}: {path}";

        Assert.Empty(offences);
    }

    [Fact]
    public void Every_sample_is_in_the_README_and_the_reverse()
    {
        var named = SampleName().Matches(Repository.Read("README.md")).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal);
        var folder = Path.Combine(Repository.Root, "samples");
        IEnumerable<string> present = Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder).Select(path => $"samples/{Path.GetFileName(path)}").Order(StringComparer.Ordinal)
            : [];

        Assert.Equal(present, named);
    }

    [Fact]
    public void Every_problem_is_listed_in_the_documents()
    {
        var listed = Repository.Read("docs/problems.md");
        var unlisted = ProblemTypes.InSources().Where(problem => !listed.Contains($"`{problem}`", StringComparison.Ordinal)).Distinct();
        Assert.Empty(unlisted);
    }

    [Fact]
    public void Every_listed_problem_can_happen()
    {
        var known = ProblemTypes.InSources().ToHashSet();
        var impossible = ProblemTypes.InText(Repository.Read("docs/problems.md")).Where(problem => !known.Contains(problem));
        Assert.Empty(impossible);
    }

    private static IEnumerable<string> PathsIn(string document)
    {
        var text = Repository.Read(document);
        var folder = Path.GetDirectoryName(document)!;
        var links = Link().Matches(text).Select(match => match.Groups[1].Value.Split('#')[0]).Where(target => target.Length > 0 && !target.Contains(':', StringComparison.Ordinal))
            .Select(target => Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, folder, target))));
        var spoken = RoomPath().Matches(text).Select(match => match.Groups[1].Value.TrimEnd('/', '.', ','));
        return links.Concat(spoken).Distinct();
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    // `services/catalog`, and paths within commands; a trailing star or brace means a pattern: its folder has to exist.
    [GeneratedRegex(@"(?<![\w/.:-])((?:services|web|shared|kernels|tests|samples|docs|AppHost|ServiceDefaults|\.ci)/[A-Za-z0-9_./-]*)")]
    private static partial Regex RoomPath();

    [GeneratedRegex(@"samples/\d[\w-]*")]
    private static partial Regex SampleName();
}
