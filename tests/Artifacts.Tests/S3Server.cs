using InternPlatform.Tests.Support;
using Xunit;

[assembly: AssemblyFixture(typeof(InternPlatform.Artifacts.Tests.S3Server))]

namespace InternPlatform.Artifacts.Tests;

/// <summary>One S3 server for all tests of this assembly, started by the first that needs it; each test has a bucket of its own.</summary>
public sealed class S3Server : IAsyncDisposable
{
    private const string Access = "intern";
    private const string Secret = "for-tests-only";

    private readonly Lazy<Task<ServerScript>> server = new(() => ServerScript.StartAsync(
        "s3", 3,
        // In memory: nothing here outlives the server.
        new Dictionary<string, string> { ["ACCESS_KEY"] = Access, ["SECRET_KEY"] = Secret, ["OBJECT_STORE"] = "memstore" },
        CancellationToken.None));

    /// <summary>Null where a server can be started.</summary>
    public static string? Missing => ServerScript.Has("radosgw", "ceph-mon", "ceph-osd", "ceph") ? null : "an S3 server needs the packages radosgw, ceph-mon, ceph-osd and ceph-common";

    public async Task<string> LocationAsync(string bucket, string secret = Secret) => $"http://{Access}:{secret}@127.0.0.1:{(await server.Value).Ports[0]}/{bucket}";

    public async ValueTask DisposeAsync()
    {
        if (server.IsValueCreated)
        {
            await (await server.Value).DisposeAsync();
        }
    }
}
