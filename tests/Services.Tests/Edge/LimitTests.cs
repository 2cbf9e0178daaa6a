using System.Net;
using InternPlatform.Services.Tests.Hosting;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Edge;

public sealed class LimitTests
{
    [Fact]
    public async Task A_caller_over_the_limit_is_told_when_to_come_back_and_others_are_not_touched()
    {
        await using var platform = new RunningStandalone();
        await platform.StartAsync(["--Edge:CallsPerMinute", "20"]);
        using var busy = await platform.AddKeyClientAsync(platform.Owner);
        using var calm = await platform.AddKeyClientAsync(platform.Owner);
        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 25; i++)
        {
            answers.Add(await busy.GetAsync("/v1/models", TestContext.Current.CancellationToken));
        }

        var refused = answers.FindAll(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        using var other = await calm.GetAsync("/api/identity/me", TestContext.Current.CancellationToken);
        Assert.InRange(refused.Count, 4, 5);
        Assert.All(refused, answer => Assert.True(answer.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1)));
        Assert.Contains("rate_limit_exceeded", await refused[0].Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        answers.ForEach(answer => answer.Dispose());
    }

    [Fact]
    public async Task Guessing_keys_is_slowed_by_address()
    {
        await using var platform = new RunningStandalone();
        await platform.StartAsync(["--Edge:SignInsPerMinute", "5"]);
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 8; i++)
        {
            using var guess = PortalSession.WithKey(platform.Address, $"sk-guess-number-{i}");
            using var answer = await guess.GetAsync("/api/identity/me", TestContext.Current.CancellationToken);
            statuses.Add(answer.StatusCode);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, statuses[0]);
        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
    }
}
