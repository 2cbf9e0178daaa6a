using System.Collections.Concurrent;
using System.Diagnostics;
using Xunit;

namespace InternPlatform.Services.Tests.Deployment;

public sealed class TraceTests(DeploymentHost host) : IClassFixture<DeploymentHost>
{
    [Fact]
    public async Task A_question_and_its_forward_to_the_replica_are_one_trace()
    {
        using var question = new Activity("question").SetIdFormat(ActivityIdFormat.W3C).Start();
        var asked = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "System.Net.Http" or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == question.TraceId)
                {
                    asked.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);

        await host.AskAsync("v1/chat/completions", DeploymentHost.Chat("hello"));

        // The caller's request, the service that answers it, and the service's own to the replica.
        var kinds = asked.Select(activity => (activity.Source.Name, activity.Kind)).ToList();
        Assert.Contains(("Microsoft.AspNetCore", ActivityKind.Server), kinds);
        Assert.Contains(asked, activity => activity.Kind == ActivityKind.Client && activity.GetTagItem("server.address") is "127.0.0.1");
        Assert.True(kinds.Count(kind => kind.Kind == ActivityKind.Client) >= 2, string.Join(", ", kinds));
    }
}
