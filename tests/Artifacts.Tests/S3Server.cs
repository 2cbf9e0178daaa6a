using InternPlatform.Tests.Support;
using Xunit;

[assembly: AssemblyFixture(typeof(InternPlatform.Artifacts.Tests.S3Server))]

namespace InternPlatform.Artifacts.Tests;

/// <summary>One S3 server for all tests of this assembly, started by the first that needs it; each test has a bucket of its own.</summary>
public sealed class S3Server : IAsyncDisposable
{
    private const string Access = "intern";
    private const string Secret = "for-tests-only";

    private readonly Lazy<Task<TestServer>> server = new(() => TestServer.S3Async(Access, Secret));

    /// <summary>Null where a server can be started.</summary>
    public static string? Missing => TestServer.InContainers || ServerScript.Has("radosgw", "ceph-mon", "ceph-osd", "ceph")
        ? null
        : "an S3 server needs a container engine, or the packages radosgw, ceph-mon, ceph-osd and ceph-common";

    public async Task<string> LocationAsync(string bucket, string secret = Secret) => $"http://{Access}:{secret}@127.0.0.1:{(await server.Value).Port}/{bucket}";

    public async ValueTask DisposeAsync()
    {
        if (server.IsValueCreated)
        {
            await (await server.Value).DisposeAsync();
        }
    }
}
