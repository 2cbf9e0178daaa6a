using InternPlatform.Contracts.Pipelines;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.EndToEnd.Tests;

/// <summary>A running platform in which a short tour has ended: it has data sets, runs, a model and a deployment. One for all tests that look.</summary>
public sealed class SmallTour : IAsyncLifetime
{
    public const string Collection = "small tour";
    private readonly TemporaryFolder data = new();

    internal PlatformProcess Platform { get; private set; } = null!;
    public string Key { get; private set; } = "";
    public string Cookie { get; private set; } = "";
    public PipelineRunView Run { get; private set; } = null!;

    /// <summary>The deployment's name, which is the model id in /v1.</summary>
    public string Model { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Platform = new PlatformProcess(data.Path);
        await Platform.StartAsync();
        Cookie = await Platform.SignInAsync();
        Key = await Platform.CreateKeyAsync(Cookie);
        using var client = Platform.ClientWith(Key);
        Run = await client.WaitForEndAsync(await client.StartTourAsync(tokenBudget: 100_000), TimeSpan.FromMinutes(8));
        Assert.True(Run.State == PipelineState.Succeeded, Run.Describe());
        Model = await client.FirstModelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Platform.DisposeAsync();
        data.Dispose();
    }
}

[CollectionDefinition(SmallTour.Collection)]
public sealed class SmallTourCollection : ICollectionFixture<SmallTour>;
