using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Jobs.Tests;

/// <summary>What a job's child may ask other services.</summary>
public sealed class ServiceCallTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_child_asks_a_service_of_its_host_with_the_rights_of_who_started_the_job()
    {
        await using var host = await JobHost.StartAsync(folder.Path);
        var queued = await host.QueueAsync(new CountSpec { Thing = TestService.Name }, "ask");
        var done = await host.WaitAsync(queued.Id, JobState.Succeeded);
        var seen = done.Result!.Value.Deserialize<AskResult>(PlatformJson.Options)!;
        Assert.Equal(queued.Id, Assert.Single(seen.JobIds));
    }

    [Fact]
    public async Task A_service_that_comes_late_is_waited_for()
    {
        var service = new Failing(new HttpRequestException(HttpRequestError.ConnectionError), HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK);
        using var answer = await Client(service, TimeSpan.FromSeconds(5)).PostAsJsonAsync("jobs", new { a = 1 }, Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["""{"a":1}""", """{"a":1}""", """{"a":1}"""], service.Bodies);
        Assert.Equal(["Bearer 1", "Bearer 2", "Bearer 3"], service.Authorizations);
    }

    [Fact]
    public async Task Waiting_has_an_end()
    {
        var away = new Failing([.. Enumerable.Repeat<object>(HttpStatusCode.ServiceUnavailable, 99)]);
        using var answer = await Client(away, TimeSpan.FromMilliseconds(100)).GetAsync("jobs", Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.InRange(away.Bodies.Count, 2, 20);

        var unreachable = new Failing([.. Enumerable.Repeat<object>(new HttpRequestException(HttpRequestError.ConnectionError), 99)]);
        await Assert.ThrowsAsync<HttpRequestException>(() => Client(unreachable, TimeSpan.FromMilliseconds(100)).GetAsync("jobs", Cancel));
    }

    [Fact]
    public async Task What_may_have_been_done_already_is_not_asked_twice_unless_it_has_a_key()
    {
        var broken = new Failing(new HttpRequestException(HttpRequestError.ResponseEnded), HttpStatusCode.OK);
        await Assert.ThrowsAsync<HttpRequestException>(() => Client(broken, TimeSpan.FromSeconds(5)).PostAsJsonAsync("jobs", new { }, Cancel));
        Assert.Single(broken.Bodies);

        var keyed = new Failing(new HttpRequestException(HttpRequestError.ResponseEnded), HttpStatusCode.OK);
        using var request = new HttpRequestMessage(HttpMethod.Post, "jobs") { Content = JsonContent.Create(new { }), Headers = { { "Idempotency-Key", "k" } } };
        using var answer = await Client(keyed, TimeSpan.FromSeconds(5)).SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    public void Dispose() => folder.Dispose();

    private static HttpClient Client(Failing service, TimeSpan patience)
    {
        var asked = 0;
        var retry = new ServiceRetry { Patience = patience, FirstWait = TimeSpan.FromMilliseconds(5), LongestWait = TimeSpan.FromMilliseconds(20) };
        return new HttpClient(new ServiceCall(service, () => $"{++asked}", retry, TimeProvider.System)) { BaseAddress = new Uri("http://service/") };
    }

    /// <summary>Answers with these statuses, or fails with these exceptions, one after the other.</summary>
    private sealed class Failing(params object[] answers) : HttpMessageHandler
    {
        public List<string> Bodies { get; } = [];

        public List<string> Authorizations { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = answers[Bodies.Count];
            Bodies.Add(request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken));
            Authorizations.Add($"{request.Headers.Authorization}");
            return answer is HttpStatusCode status ? new HttpResponseMessage(status) : throw (Exception)answer;
        }
    }
}
