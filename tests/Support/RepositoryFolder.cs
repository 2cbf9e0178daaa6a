namespace InternPlatform.Tests.Support;

/// <summary>The checkout that the running tests were built from.</summary>
public static class RepositoryFolder
{
    public static string Path { get; } = Find();

    /// <summary>A file in a project's build output, in the configuration that the tests themselves were built in.</summary>
    public static string Output(string project, string file)
    {
        var configuration = System.IO.Path.GetFileName(AppContext.BaseDirectory.TrimEnd(System.IO.Path.DirectorySeparatorChar));
        return System.IO.Path.Combine(Path, "artifacts", "bin", project, configuration, file);
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "InternPlatform.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No InternPlatform.sln above {AppContext.BaseDirectory}.");
    }
}
