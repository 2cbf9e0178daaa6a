using Xunit;

namespace InternPlatform.Tests.Support;

/// <summary>Real data outside the repository: <c>$INTERN_DATA</c>, or <c>shared/data</c> beside a folder above.</summary>
public static class SharedData
{
    /// <summary>The path, or a skipped test that says what is missing.</summary>
    public static string Need(string relative)
    {
        var found = Find(relative);
        Assert.SkipWhen(found is null, $"The data {relative} is not on this machine: set INTERN_DATA to the folder that holds it.");
        return found!;
    }

    public static string? Find(string relative)
    {
        var roots = Environment.GetEnvironmentVariable("INTERN_DATA") is { Length: > 0 } given ? [given] : Above();
        return roots.Select(root => Path.Combine(root, relative)).FirstOrDefault(path => File.Exists(path) || Directory.Exists(path));
    }

    private static IEnumerable<string> Above()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            yield return Path.Combine(folder.FullName, "shared", "data");
        }
    }
}
