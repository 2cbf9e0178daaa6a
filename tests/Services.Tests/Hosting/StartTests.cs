using System.Net.Sockets;
using InternPlatform.ServiceDefaults;
using InternPlatform.Standalone;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Hosting;

/// <summary>How hosts start, and how they say that they cannot.</summary>
public sealed class StartTests
{
    private static readonly IReadOnlyDictionary<string, string> Nothing = new Dictionary<string, string>();

    public static TheoryData<string> Lone => ["Catalog", "Pretraining", "Finetuning", "Evaluation", "Agents", "Deployment", "Pipelines", "Identity", "Gateway"];

    [Theory]
    [MemberData(nameof(Lone))]
    public async Task A_service_alone_lists_all_that_it_lacks(string project)
    {
        await using var service = HostProcess.Start(project, [], Nothing);

        Assert.Equal(StartRefusedException.ExitCode, await service.WaitForExitAsync(Limit()));
        foreach (var variable in new[] { "Platform__Bus=", "Platform__Database=", "Platform__Artifacts=", "Platform__AssertionKey=" })
        {
            Assert.Contains(variable, service.Output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_host_on_the_same_data_is_refused()
    {
        using var data = new TemporaryFolder();
        var port = FreePort.Next();
        await using var first = HostProcess.StartStandalone(port, data.Path);
        await first.WaitUntilReadyAsync($"http://localhost:{port}", TestContext.Current.CancellationToken);
        await using var second = HostProcess.StartStandalone(FreePort.Next(), data.Path);

        Assert.Equal(StartRefusedException.ExitCode, await second.WaitForExitAsync(Limit()));
        Assert.Contains($"in use by process {first.Id}", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Output, StringComparison.Ordinal);
        Assert.Equal(0, await first.StopAsync(Limit()));
    }

    [Fact]
    public async Task A_killed_host_leaves_nothing_in_the_way_of_the_next()
    {
        using var data = new TemporaryFolder();
        var port = FreePort.Next();
        await using (var first = HostProcess.StartStandalone(port, data.Path))
        {
            await first.WaitUntilReadyAsync($"http://localhost:{port}", TestContext.Current.CancellationToken);
            await first.KillAsync();
        }

        await using var second = HostProcess.StartStandalone(port, data.Path);
        await second.WaitUntilReadyAsync($"http://localhost:{port}", TestContext.Current.CancellationToken);
        using var owner = await PortalSession.SignInAsync($"http://localhost:{port}", data.Path, TestContext.Current.CancellationToken);
        using var answer = await owner.GetAsync("/api/identity/me", TestContext.Current.CancellationToken);

        Assert.True(answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_port_in_use_is_told_in_one_line()
    {
        using var data = new TemporaryFolder();
        using var taken = new TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        await using var host = HostProcess.StartStandalone(port, data.Path);

        Assert.Equal(StartRefusedException.ExitCode, await host.WaitForExitAsync(Limit()));
        Assert.Contains("already in use", host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_link_is_printed_and_what_it_prints_is_all()
    {
        using var data = new TemporaryFolder();
        var port = FreePort.Next();
        await using var host = HostProcess.StartStandalone(port, data.Path);
        await host.WaitUntilReadyAsync($"http://localhost:{port}", TestContext.Current.CancellationToken);

        Assert.Equal(0, await host.StopAsync(Limit()));
        Assert.Contains($"Open http://localhost:{port}/welcome#token=", host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("error", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_verb_is_refused_by_name()
    {
        Assert.Equal(StartRefusedException.ExitCode, await PlatformHost.RunAsync(["nonsense"], StandaloneHost.Services, StandaloneHost.Extensions));
    }

    private static CancellationToken Limit()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        return limit.Token;
    }
}
