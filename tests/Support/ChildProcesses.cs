using System.Globalization;

namespace InternPlatform.Tests.Support;

/// <summary>The children of a process, from /proc.</summary>
public static class ChildProcesses
{
    /// <summary>Of all its threads: the kernel lists a child under the thread that started it, which in .NET is seldom the first.</summary>
    public static IReadOnlyList<int> Of(int processId) =>
        [.. Directory.EnumerateDirectories($"/proc/{processId}/task").SelectMany(Listed).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];

    private static string[] Listed(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            // The thread ended since it was listed; its children belong to another one now.
            return [];
        }
    }
}
