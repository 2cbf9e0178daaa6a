using InternPlatform.Tests.Support;
using Xunit;

[assembly: AssemblyFixture(typeof(TestServers))]

namespace InternPlatform.Jobs.Tests;

/// <summary>The same promises over RabbitMQ and PostgreSQL.</summary>
public sealed class DistributedOutboxTests(TestServers servers) : OutboxTests
{
    private protected override async Task<JobHost> OpenAsync(string data)
    {
        Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
        return await JobHost.StartAsync(data, platform: await servers.NewAsync());
    }
}

public sealed class DistributedJobsApiTests : JobsApiTests, IClassFixture<DistributedJobHost>
{
    public DistributedJobsApiTests(DistributedJobHost shared)
        : base(shared) => Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
}

public sealed class DistributedJobSteeringTests : JobSteeringTests, IClassFixture<DistributedJobHost>
{
    public DistributedJobSteeringTests(DistributedJobHost shared)
        : base(shared) => Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
}

public sealed class DistributedJobStreamTests : JobStreamTests, IClassFixture<DistributedJobHost>
{
    public DistributedJobStreamTests(DistributedJobHost shared)
        : base(shared) => Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
}

/// <summary>One host on real servers for the tests of a class; none where there are no servers, for its tests are skipped.</summary>
public sealed class DistributedJobHost(TestServers servers) : SharedJobHost
{
    private protected override async Task<JobHost> OpenAsync(string data, JobTimings timings) =>
        TestServers.Missing is null ? await JobHost.StartAsync(data, timings, await servers.NewAsync()) : null!;
}
