namespace InternPlatform.Support;

/// <summary>Executables of this build, found beside the test's own output.</summary>
public static class BuiltHost
{
    /// <param name="project">The project's name, such as <c>Standalone</c>.</param>
    public static string Executable(string project)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var path = Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, $"InternPlatform.{project}");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{project} is not built: build the solution first.", path);
    }
}
