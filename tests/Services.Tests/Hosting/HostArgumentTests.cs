using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Hosting;

/// <summary>The host's command line: whatever it cannot do it says at once, and starts nothing.</summary>
public sealed class HostArgumentTests
{
    [Theory]
    [InlineData("--profile cloud", "--profile cloud")]
    [InlineData("--prot 8080", "--prot: not an option")]
    [InlineData("--port 80800", "--port 80800")]
    [InlineData("--port", "--port: needs a value")]
    [InlineData("--exit", "needs --tour")]
    [InlineData("--grpc-port 8081", "--grpc-port: not an option")]
    [InlineData("--replicas catalog=2", "need --profile distributed")]
    [InlineData("--profile distributed --replicas library=2", "there is no service 'library'")]
    [InlineData("--profile distributed --replicas catalog=0", "catalog=N with a number from 1")]
    [InlineData("--profile distributed --replicas catalog", "catalog=N with a number from 1")]
    [InlineData("--profile distributed --replicas catalog=2,catalog=3", "catalog is named twice")]
    [InlineData("--profile distributed --replicas deployment=2", "deployment stays one process")]
    [InlineData("--profile distributed --workers identity=1", "identity has no jobs")]
    [InlineData("--replicas", "--replicas: needs a value")]
    [InlineData("--tour nowhere.txt", "nowhere.txt: cannot be read")]
    [InlineData("--tour .", "is a folder")]
    [InlineData("--tour empty.txt", "the file is empty")]
    public async Task Is_refused_with_a_reason(string arguments, string reason)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("empty.txt"), "", TestContext.Current.CancellationToken);
        await using var host = HostProcess.Start("AppHost", arguments.Split(' '), new Dictionary<string, string>(), folder.Path);

        Assert.Equal(2, await host.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Contains(reason, host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_distributed_profile_names_the_packages_that_are_missing()
    {
        using var folder = new TemporaryFolder();
        await using var host = HostProcess.Start("AppHost", ["--profile", "distributed", "--data", folder.Path], new Dictionary<string, string> { ["PATH"] = "" }, folder.Path);

        Assert.Equal(2, await host.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Contains("apt-get install --no-install-recommends", host.Output, StringComparison.Ordinal);
        Assert.Contains("radosgw", host.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }
}
