using System.Xml.Linq;

namespace InternPlatform.Architecture.Tests;

/// <summary>The checked-out repository as text: projects, sources, documents.</summary>
internal static class Repository
{
    private static readonly string[] Rooms = ["AppHost", "ServiceDefaults", "services", "web", "shared", "kernels", "tests", "samples"];

    public static string Root { get; } = FindRoot();

    /// <summary>Every project by its room (its folder), with the rooms it references.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Projects() =>
        Files("*.csproj").ToDictionary(RoomOf, References);

    /// <summary>Source files below a folder, as paths from the root with forward slashes. Generated migrations are left out.</summary>
    public static IEnumerable<string> Sources(string folder) =>
        Files("*.cs").Where(path => path.StartsWith(folder + "/", StringComparison.Ordinal) && !path.Contains("/Migrations/", StringComparison.Ordinal));

    public static IEnumerable<string> Sources() => Rooms.SelectMany(Sources);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    /// <summary>Projects named in a project file by one kind of item.</summary>
    public static IEnumerable<string> Items(string project, string item) =>
        XDocument.Parse(Read(project)).Descendants(item).Select(element => element.Attribute("Include")!.Value);

    public static IEnumerable<string> Files(string pattern) =>
        from room in Rooms
        where Directory.Exists(Path.Combine(Root, room))
        from file in Directory.EnumerateFiles(Path.Combine(Root, room), pattern, SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Root, file).Replace('\\', '/')
        where !path.Split('/').Any(part => part is "bin" or "obj" or "artifacts")
        orderby path
        select path;

    public static string RoomOf(string project) => Path.GetDirectoryName(project)!.Replace('\\', '/');

    private static IReadOnlyList<string> References(string project) =>
        [.. Items(project, "ProjectReference").Select(reference => Path.GetRelativePath(
            Root, Path.GetFullPath(Path.Combine(Root, RoomOf(project), Path.GetDirectoryName(reference)!))).Replace('\\', '/'))];

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "InternPlatform.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"InternPlatform.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
