namespace InternPlatform.Artifacts.Tests;

/// <summary>A folder of its own for a test, gone afterwards.</summary>
public sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("artifacts-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
