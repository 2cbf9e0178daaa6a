using System.Text.RegularExpressions;

namespace InternPlatform.Architecture.Tests;

/// <summary>The table "Who may reference whom" of docs/ARCHITECTURE.md.</summary>
internal static partial class RoomMap
{
    private const string Heading = "## Who may reference whom";

    /// <summary>Rooms (or patterns such as <c>tests/*</c>) with what each may reference, both as paths from the root.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Read()
    {
        var rows = Repository.Read("docs/ARCHITECTURE.md").Split(Heading)[1].Split("\n## ")[0]
            .Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .ToList();
        var rooms = rows.SelectMany(row => Names(row[1])).ToList();
        return rows.SelectMany(row => Names(row[1]).Select(room => (room, Allowed: Names(row[2]).Select(name => PathOf(name, rooms)).ToList())))
            .ToDictionary(entry => entry.room, entry => (IReadOnlyList<string>)entry.Allowed);
    }

    /// <summary>The row that speaks of a room: its own, or the pattern that covers it.</summary>
    public static IReadOnlyList<string>? RowFor(this IReadOnlyDictionary<string, IReadOnlyList<string>> map, string room) =>
        map.TryGetValue(room, out var own) ? own : map.Where(entry => Covers(entry.Key, room)).Select(entry => entry.Value).SingleOrDefault();

    public static bool Covers(string pattern, string room) =>
        pattern == room || pattern == "*" || (pattern.EndsWith("/*", StringComparison.Ordinal) && room.StartsWith(pattern[..^1], StringComparison.Ordinal));

    /// <summary>The names of a cell: without what stands in brackets or after a colon.</summary>
    private static IEnumerable<string> Names(string cell) =>
        Brackets().Replace(cell, "").Split(':')[0].Split(',', StringSplitOptions.TrimEntries)
            .Select(name => name.Trim('`')).Where(name => name is not ("–" or ""));

    /// <summary>Tensors means shared/Tensors: the one room with that last name.</summary>
    private static string PathOf(string name, List<string> rooms) =>
        name.Contains('/', StringComparison.Ordinal) || name == "*" || rooms.Contains(name) ? name : rooms.Single(room => room.EndsWith("/" + name, StringComparison.Ordinal));

    [GeneratedRegex(@"\([^)]*\)")]
    private static partial Regex Brackets();
}
