using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Xunit;

namespace InternPlatform.Jobs.Tests;

public class JobStreamTests(SharedJobHost shared) : IClassFixture<SharedJobHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_broken_off_again_and_again_loses_nothing_and_tells_nothing_twice()
    {
        var job = await shared.Host.QueueAsync(new CountSpec { Steps = 300, DelayMilliseconds = 3 });
        var told = new List<(string Type, string Data)>();
        string? last = null;
        var connections = 0;
        for (var take = 1; ; take = (take * 2 % 61) + 1)
        {
            var (items, ended) = await ReadAsync(job.Id, last, take);
            connections++;
            told.AddRange(items.Select(item => (item.EventType, item.Data)));
            last = items.LastOrDefault(item => item.EventId is not null).EventId ?? last;
            if (ended)
            {
                break;
            }
        }

        Assert.True(connections > 5, $"only {connections} connections");
        Assert.Equal(Enumerable.Range(1, 300).Select(step => (long)step), Of<MetricEvent>("metric").Select(point => point.Step));
        Assert.Equal([JobState.Queued, JobState.Preparing, JobState.Running, JobState.Succeeded], Of<JobView>("state").Select(view => view.State));
        Assert.Equal(["begins at 0"], Of<JobLogLine>("log").Select(line => line.Message));
        Assert.Equal("state", told[^1].Type);
        Assert.NotNull(Of<JobView>("state").Last().Result);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(job.Id, last, "")).StatusCode);

        IEnumerable<T> Of<T>(string type) => told.Where(item => item.Type == type).Select(item => JsonSerializer.Deserialize<T>(item.Data, PlatformJson.Options)!);
    }

    [Fact]
    public async Task A_stream_without_an_id_begins_with_the_present()
    {
        var job = await shared.Host.QueueAsync(new CountSpec { Steps = 5 });
        await shared.Host.WaitAsync(job.Id, JobState.Succeeded);

        var (items, _) = await ReadAsync(job.Id, null, int.MaxValue, "");

        Assert.Equal(["progress", "state"], items.Select(item => item.EventType));
        Assert.Equal(JobState.Succeeded, JsonSerializer.Deserialize<JobView>(items[^1].Data, PlatformJson.Options)!.State);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1-2")]
    [InlineData("0-0-999999")]
    [InlineData("-1-0-0")]
    public async Task An_id_that_is_none_of_ours_is_refused(string id)
    {
        var job = await shared.Host.QueueAsync(new CountSpec { Steps = 5 });
        await shared.Host.WaitAsync(job.Id, JobState.Succeeded);

        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(job.Id, id, "")).StatusCode);
    }

    private async Task<(List<SseItem<string>> Items, bool Ended)> ReadAsync(Guid job, string? last, int take, string query = "?from=start")
    {
        using var response = await SendAsync(job, last, query);
        if (response.StatusCode == HttpStatusCode.NoContent)
        {
            return ([], true);
        }

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);
        var items = new List<SseItem<string>>();
        await foreach (var item in SseParser.Create(body).EnumerateAsync(Cancel))
        {
            items.Add(item);
            if (items.Count == take)
            {
                return (items, false);
            }
        }

        return (items, true);
    }

    private Task<HttpResponseMessage> SendAsync(Guid job, string? last, string query)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"jobs/{job}/events{query}");
        if (last is not null)
        {
            request.Headers.Add("Last-Event-ID", last);
        }

        return shared.Host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
    }
}
