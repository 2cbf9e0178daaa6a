namespace InternPlatform.Models.Tests;

/// <summary>A folder of its own, gone after the test.</summary>
public abstract class Folder : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("model").FullName;

    public void Dispose()
    {
        Directory.Delete(path, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string In(string name) => Path.Combine(path, name);
}
