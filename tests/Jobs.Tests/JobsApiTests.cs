using System.IdentityModel.Tokens.Jwt;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Jobs.Tests;

public class JobsApiTests(SharedJobHost shared) : IClassFixture<SharedJobHost>
{
    private JobHost Host => shared.Host;

    [Theory]
    [InlineData(false, HttpStatusCode.ServiceUnavailable, "urn:intern-platform:platform:unavailable")]
    [InlineData(true, HttpStatusCode.InternalServerError, "urn:intern-platform:platform:internal-error")]
    public async Task A_server_that_is_away_is_a_503_that_says_when_to_ask_again(bool forGood, HttpStatusCode status, string type)
    {
        using var answer = await Host.Client.GetAsync($"away?forGood={forGood}", TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal((status, forGood), (answer.StatusCode, answer.Headers.RetryAfter is null));
        Assert.Contains(type, body, StringComparison.Ordinal);
        Assert.DoesNotContain("http://store", body, StringComparison.Ordinal);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_posted_job_runs_and_tells_its_story()
    {
        var response = await JobHost.PostAsync(Host.Client, new CountSpec { Steps = 3, Thing = "a thing" }, name: "三 steps");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var queued = (await response.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel))!;
        Assert.Equal($"/api/tests/jobs/{queued.Id}", response.Headers.Location!.ToString());
        Assert.Equal((JobState.Queued, "三 steps", 1, "Anna"), (queued.State, queued.Name, queued.Attempt, queued.CreatedBy));

        var done = await Host.WaitAsync(queued.Id, JobState.Succeeded);

        Assert.Equal(3, done.Result!.Value.GetProperty("steps").GetInt32());
        Assert.Equal((3, 3, "steps"), (done.Progress!.Done, done.Progress.Total, done.Progress.Unit));
        Assert.True(done.CreatedAt <= done.StartedAt && done.StartedAt <= done.EndedAt);
        var story = await Host.TransitionsAsync(queued.Id);
        Assert.Equal([1, 2, 3, 4], story.Select(change => change.Sequence));
        Assert.Equal([JobState.Queued, JobState.Preparing, JobState.Running, JobState.Succeeded], story.Select(change => change.To));
        Assert.Equal("anna", story[0].Who);
        Assert.Equal([1.0, 4.0, 9.0], (await Host.SquaresAsync(queued.Id)).Select(point => point.Value));
        Assert.Equal(["begins at 0"], (await Host.LogsAsync(queued.Id)).Select(line => line.Message));
        var thing = await Host.WithDbAsync(db => db.Things.SingleAsync(row => row.JobId == queued.Id));
        Assert.Equal((JobHost.Anna.ProjectId, "a thing"), (thing.ProjectId, thing.Name));
    }

    [Fact]
    public async Task A_child_has_a_clean_environment_and_the_rights_of_who_started_it()
    {
        Environment.SetEnvironmentVariable("SECRET_OF_THE_HOST", "1");
        var job = await Host.QueueAsync(new CountSpec { Steps = 1 });

        var result = (await Host.WaitAsync(job.Id, JobState.Succeeded)).Result!.Value.Deserialize<CountResult>(PlatformJson.Options)!;

        Assert.Contains("PATH", result.Environment);
        Assert.Contains("Platform__Data", result.Environment);
        foreach (var withheld in (string[])["SECRET_OF_THE_HOST", "Platform__Database", "Platform__Bus", "Platform__AssertionKey"])
        {
            Assert.DoesNotContain(withheld, result.Environment);
        }

        var assertion = new JwtSecurityTokenHandler().ReadJwtToken(result.Assertion);
        Assert.Equal("anna", assertion.Subject);
        Assert.Equal(JobHost.Anna.ProjectId.ToString(), assertion.Claims.Single(claim => claim.Type == "project").Value);
    }

    [Fact]
    public async Task A_failure_is_the_problem_its_body_named()
    {
        var job = await Host.QueueAsync(new CountSpec { Then = "fail" });

        var failed = await Host.WaitAsync(job.Id, JobState.Failed);

        Assert.Equal(new JobProblem { Type = "urn:intern-platform:tests:not-utf8", Title = "The text is not UTF-8.", Detail = "Convert it." }, failed.Problem);
    }

    [Fact]
    public async Task A_crash_shows_no_stack_and_leaves_it_in_the_jobs_folder()
    {
        var job = await Host.QueueAsync(new CountSpec { Then = "crash" });

        var failed = await Host.WaitAsync(job.Id, JobState.Failed);

        Assert.Equal("urn:intern-platform:tests:job-crashed", failed.Problem!.Type);
        var shown = JsonSerializer.Serialize(failed, PlatformJson.Options) + string.Concat((await Host.LogsAsync(job.Id)).Select(line => line.Message));
        Assert.DoesNotContain("secret inner matter", shown, StringComparison.Ordinal);
        var kept = await File.ReadAllTextAsync(Path.Join(Host.Data, "tests", "jobs", job.Id.ToString(), "output.txt"), Cancel);
        Assert.Contains("secret inner matter", kept, StringComparison.Ordinal);
        Assert.Contains("at InternPlatform.Jobs.Tests.TestService", kept, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_completion_that_refuses_fails_the_job_and_adds_nothing()
    {
        var refused = await Host.QueueAsync(new CountSpec { Thing = "refused" });
        var first = await Host.QueueAsync(new CountSpec { Thing = "only once" });
        await Host.WaitAsync(first.Id, JobState.Succeeded);
        var second = await Host.QueueAsync(new CountSpec { Thing = "only once" });    // breaks a unique index

        Assert.Equal("urn:intern-platform:tests:refused", (await Host.WaitAsync(refused.Id, JobState.Failed)).Problem!.Type);
        Assert.Equal("urn:intern-platform:tests:job-crashed", (await Host.WaitAsync(second.Id, JobState.Failed)).Problem!.Type);
        Assert.Equal(1, await Host.WithDbAsync(db => db.Things.CountAsync(row => row.Name == "only once" || row.Name == "refused")));
    }

    [Theory]
    [InlineData("nothing", "{}", 400, "unknown-kind")]
    [InlineData("count", """{"steps":"many"}""", 400, "invalid-spec")]
    [InlineData("count", """{"steps":-1}""", 400, "invalid-spec")]
    [InlineData("count", "[]", 400, "invalid-spec")]
    [InlineData("count", "null", 400, "invalid-spec")]
    [InlineData("count", """{"thing":"taken"}""", 409, "name-taken")]
    public async Task A_job_that_cannot_be_is_refused_when_posted(string kind, string spec, int status, string problem)
    {
        using var json = JsonDocument.Parse(spec);

        var response = await JobHost.PostAsync(Host.Client, json.RootElement, kind);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains($"urn:intern-platform:tests:{problem}", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("a\nb")]
    [InlineData("\0")]
    public async Task A_name_that_cannot_be_shown_is_refused(string name)
        => Assert.Equal(HttpStatusCode.BadRequest, (await JobHost.PostAsync(Host.Client, new CountSpec(), name: name)).StatusCode);

    [Fact]
    public async Task A_repeat_under_one_key_gets_the_first_answer()
    {
        var bodies = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            var response = await JobHost.PostAsync(Host.Client, new CountSpec { Steps = 1 }, key: "key-1");
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            return (await response.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel))!.Id;
        }));

        Assert.Single(bodies.Distinct());
        var other = await JobHost.PostAsync(Host.Client, new CountSpec { Steps = 2 }, key: "key-1");
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
        Assert.Contains("idempotency-key-reused", await other.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        using var boris = Host.For(JobHost.Boris);
        var his = await JobHost.PostAsync(boris, new CountSpec { Steps = 2 }, key: "key-1");
        Assert.Equal(HttpStatusCode.Accepted, his.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await JobHost.PostAsync(Host.Client, new CountSpec(), key: new string('k', 201))).StatusCode);
    }

    [Fact]
    public async Task Another_projects_job_looks_like_a_missing_one()
    {
        var mine = await Host.QueueAsync(new CountSpec { Steps = 1 });
        await Host.WaitAsync(mine.Id, JobState.Succeeded);
        using var boris = Host.For(JobHost.Boris);
        foreach (var (method, path) in new[] { ("GET", ""), ("GET", "/transitions"), ("GET", "/metrics"), ("GET", "/logs"), ("GET", "/events"), ("POST", "/cancel"), ("POST", "/pause"), ("POST", "/resume") })
        {
            var foreign = await boris.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"jobs/{mine.Id}{path}"), Cancel);
            var missing = await boris.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"jobs/{Guid.Empty}{path}"), Cancel);

            Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
            Assert.Equal(WithoutTrace(await missing.Content.ReadAsStringAsync(Cancel)), WithoutTrace(await foreign.Content.ReadAsStringAsync(Cancel)));
        }

        Assert.DoesNotContain((await boris.GetFromJsonAsync<Page<JobView>>("jobs", PlatformJson.Options, Cancel))!.Items, job => job.Id == mine.Id);
        Assert.Equal(HttpStatusCode.NotFound, (await boris.GetAsync("jobs/not-an-id", Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_list_is_newest_first_filtered_and_in_pages()
    {
        using var client = Host.For(new Originator("carla", "Carla", Guid.CreateVersion7(), ["read", "write"]));
        var ids = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            var response = await JobHost.PostAsync(client, new CountSpec { Then = i == 2 ? "fail" : null });
            ids.Add((await response.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel))!.Id);
            await JobHost.WaitAsync(client, ids[^1], job => job.EndedAt is not null, "ended");
        }

        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = (await client.GetFromJsonAsync<Page<JobView>>($"jobs?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}", PlatformJson.Options, Cancel))!;
            seen.AddRange(page.Items.Select(job => job.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(ids.AsEnumerable().Reverse(), seen);
        Assert.Equal([ids[2]], (await client.GetFromJsonAsync<Page<JobView>>("jobs?state=failed&state=cancelled&kind=count", PlatformJson.Options, Cancel))!.Items.Select(job => job.Id));
        Assert.Empty((await client.GetFromJsonAsync<Page<JobView>>("jobs?kind=device", PlatformJson.Options, Cancel))!.Items);
        foreach (var bad in (string[])["jobs?limit=0", "jobs?limit=x", "jobs?cursor=x", "jobs?state=x"])
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await client.GetAsync(bad, Cancel)).StatusCode);
        }
    }

    [Fact]
    public async Task Metrics_are_thinned_and_logs_are_paged()
    {
        var job = await Host.QueueAsync(new CountSpec { Steps = 500 });
        await Host.WaitAsync(job.Id, JobState.Succeeded);

        var series = (await Host.Client.GetFromJsonAsync<List<MetricSeries>>($"jobs/{job.Id}/metrics?names=square,none&from=100&to=300&max=20", PlatformJson.Options, Cancel))!.Single();

        Assert.Equal((20, 500L, 100L, 300L), (series.Points.Count, series.TotalPoints, series.Points[0].Step, series.Points[^1].Step));
        var page = (await Host.Client.GetFromJsonAsync<Page<JobLogLine>>($"jobs/{job.Id}/logs?limit=1", PlatformJson.Options, Cancel))!;
        Assert.Empty((await Host.Client.GetFromJsonAsync<Page<JobLogLine>>($"jobs/{job.Id}/logs?after={page.Items[0].Sequence}", PlatformJson.Options, Cancel))!.Items);
        foreach (var bad in (string[])["metrics?max=0", "logs?limit=0", "logs?after=1", "logs?after=-5", "logs?after=99999999"])
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await Host.Client.GetAsync($"jobs/{job.Id}/{bad}", Cancel)).StatusCode);
        }
    }

    private static string WithoutTrace(string problem)
        => System.Text.RegularExpressions.Regex.Replace(problem, "\"traceId\":\"[^\"]*\"|\"instance\":\"[^\"]*\"", "");
}
