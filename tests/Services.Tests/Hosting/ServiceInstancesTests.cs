using InternPlatform.ServiceDefaults;
using InternPlatform.Services.Tests.Edge;
using InternPlatform.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace InternPlatform.Services.Tests.Hosting;

/// <summary>Calls from one service to another that has several instances.</summary>
public sealed class ServiceInstancesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Nowhere => $"http://127.0.0.1:{FreePort.Next()}";

    [Fact]
    public async Task Each_instance_has_its_turn()
    {
        await using var one = await StubService.StartAsync("one");
        await using var two = await StubService.StartAsync("two");
        using var calls = new Calls(one.Address, two.Address);
        for (var i = 0; i < 10; i++)
        {
            Assert.EndsWith(" /api/catalog/a", await calls.Http.GetStringAsync("api/catalog/a?b=c", Cancel), StringComparison.Ordinal);
        }

        Assert.Equal((5, 5), (one.Asked, two.Asked));
    }

    [Fact]
    public async Task What_reached_nobody_goes_to_the_next()
    {
        await using var there = await StubService.StartAsync("there");
        using var calls = new Calls(Nowhere, there.Address, Nowhere);
        for (var i = 0; i < 6; i++)
        {
            using var answer = await calls.Http.PostAsync("api/catalog/jobs", new StringContent("{}"), Cancel);
            Assert.True(answer.IsSuccessStatusCode);
        }

        Assert.Equal(6, there.Asked);
    }

    [Fact]
    public async Task What_broke_after_it_was_sent_is_asked_again_only_where_it_is_a_question()
    {
        await using var broken = await StubService.StartAsync(routes => routes.Map("{**path}", (HttpContext http) => http.Abort()));
        await using var whole = await StubService.StartAsync("whole");
        using (var calls = new Calls(broken.Address, whole.Address))
        {
            Assert.StartsWith("whole", await calls.Http.GetStringAsync("api/catalog/datasets", Cancel), StringComparison.Ordinal);
        }

        using (var calls = new Calls(broken.Address, whole.Address))
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => calls.Http.PostAsync("api/catalog/jobs", new StringContent("{}"), Cancel));
        }

        Assert.Equal((2, 1), (broken.Asked, whole.Asked));
    }

    [Fact]
    public async Task Where_nobody_is_there_the_last_says_so()
    {
        using var calls = new Calls(Nowhere, Nowhere);
        var e = await Assert.ThrowsAsync<HttpRequestException>(() => calls.Http.GetAsync("api/catalog/datasets", Cancel));
        Assert.Equal(HttpRequestError.ConnectionError, e.HttpRequestError);
    }

    [Theory]
    [InlineData("--Platform:Role", "boss", "Platform__Role=boss: all, api or worker.")]
    [InlineData("--role", "boss", "Platform__Role=boss: all, api or worker.")]
    [InlineData("--Platform:Instance", "../catalog", "Platform__Instance=../catalog: letters, digits and hyphens.")]
    [InlineData("--Platform:Services:identity", "http://a;ftp://b", "Platform__Services__identity=http://a;ftp://b: an http or https address, or several")]
    [InlineData("--Platform:Services:identity", " ; ", "an http or https address, or several")]
    public void What_cannot_be_is_refused_by_name(string option, string value, string reason)
    {
        using var data = new TemporaryFolder();
        var refused = Assert.Throws<StartRefusedException>(
            () => PlatformHostBuilder.Build([.. RunningGateway.Options(data.Path), option, value], [], new HostExtensions { Name = "catalog" }));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    private sealed class Calls : IDisposable
    {
        private readonly ServiceAddresses addresses;

        public Calls(params string[] instances)
        {
            var options = new PlatformOptions { Profile = "distributed", Services = { ["catalog"] = string.Join(';', instances) } };
            addresses = new ServiceAddresses(options, new InternalSocket(options));
            var (address, handler) = addresses.Locate("catalog");
            Http = new HttpClient(handler, disposeHandler: false) { BaseAddress = address };
        }

        public HttpClient Http { get; }

        public void Dispose()
        {
            Http.Dispose();
            addresses.Dispose();
        }
    }
}
