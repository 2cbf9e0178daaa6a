using System.Text.RegularExpressions;
using Xunit;

namespace InternPlatform.Architecture.Tests;

/// <summary>The map is executable: projects know what docs/ARCHITECTURE.md lets them know.</summary>
public sealed partial class RoomTests
{
    private static readonly string[] Services = [.. Repository.Projects().Keys.Where(room => room.StartsWith("services/", StringComparison.Ordinal) && room != "services/standalone")];

    [Fact]
    public void Projects_reference_only_what_the_map_allows()
    {
        var map = RoomMap.Read();
        var offences =
            from project in Repository.Projects()
            from reference in project.Value
            where map.RowFor(project.Key)?.Any(allowed => RoomMap.Covers(allowed, reference)) != true
            select $"{project.Key} -> {reference}";

        Assert.Empty(offences);
    }

    [Fact]
    public void Every_project_is_on_the_map_and_every_room_of_the_map_is_a_project()
    {
        var map = RoomMap.Read();
        var projects = Repository.Projects().Keys.ToList();

        var unmapped = projects.Where(project => map.RowFor(project) is null);
        var missing = map.Keys.Where(room => !room.EndsWith('*') && !projects.Contains(room));
        Assert.Empty(unmapped.Concat(missing));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = Repository.Read("InternPlatform.sln").Replace('\\', '/');
        var left = Repository.Files("*.csproj").Where(project => !solution.Contains($"\"{project}\"", StringComparison.Ordinal));
        Assert.Empty(left);
    }

    [Fact]
    public void Services_know_each_other_only_by_contracts()
    {
        var offences =
            from service in Services
            from source in Repository.Sources(service)
            let text = Repository.Read(source)
            from other in Services
            where other != service && Regex.IsMatch(text, $@"InternPlatform\.{NamespaceOf(other)}\b")
            select $"{source} -> {other}";

        Assert.Empty(offences);
    }

    [Fact]
    public void Only_Training_has_TorchSharp()
    {
        var packages =
            from project in Repository.Files("*.csproj")
            where Repository.Items(project, "PackageReference").Contains("TorchSharp") && Repository.RoomOf(project) != "shared/Training"
            select project;
        var sources =
            from source in Repository.Sources()
            where !source.StartsWith("shared/Training/", StringComparison.Ordinal) && !source.StartsWith("tests/", StringComparison.Ordinal)
            where TorchSharpUse().IsMatch(Repository.Read(source))
            select source;

        Assert.Empty(packages.Concat(sources));
    }

    [Fact]
    public void The_engine_knows_token_ids_and_not_who_asks()
    {
        var offences =
            from source in Repository.Sources("shared/Inference")
            where !source.StartsWith("shared/Inference/Text/", StringComparison.Ordinal)
            let unknown = Regex.Match(Repository.Read(source), @"InternPlatform\.Tokenization|Microsoft\.AspNetCore|System\.Net\.Http")
            where unknown.Success && (source.StartsWith("shared/Inference/Engine/", StringComparison.Ordinal) || !unknown.Value.EndsWith("Tokenization", StringComparison.Ordinal))
            select $"{source} knows {unknown.Value}";

        Assert.Empty(offences);
    }

    private static string NamespaceOf(string room) => Path.GetFileNameWithoutExtension(Directory.EnumerateFiles(Path.Combine(Repository.Root, room), "*.csproj").Single());

    [GeneratedRegex(@"\busing\s+(static\s+)?TorchSharp\b|\bTorchSharp\.torch\b")]
    private static partial Regex TorchSharpUse();
}
