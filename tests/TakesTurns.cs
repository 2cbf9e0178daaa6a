
[assembly: Xunit.AssemblyFixture(typeof(InternPlatform.Tests.TakesTurns))]

namespace InternPlatform.Tests;

/// <summary>
/// Test programs run one after the other, whoever starts them: <c>dotnet test</c> starts all at once, and on two cores every test that kills, drains or
/// waits would starve. The lock goes with the process.
/// </summary>
public sealed class TakesTurns : Xunit.IAsyncLifetime
{
    private FileStream? turn;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.GetTempPath());
        var path = Path.Combine(Path.GetTempPath(), $"intern-tests-{Environment.UserName}.lock");
        while (turn is null)
        {
            try
            {
                turn = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    public async ValueTask DisposeAsync() => await turn!.DisposeAsync();
}
