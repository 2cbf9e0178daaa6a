using System.Net;
using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Caching.Memory;

namespace InternPlatform.Gateway.Edge;

/// <summary>Asks identity who somebody is. Answers are kept for less than a second, so that a revoked key is refused within one.</summary>
internal sealed class Introspection(ServiceClients clients, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromMilliseconds(500);

    /// <summary>The edge itself, which belongs to no project and may ask who others are.</summary>
    private static readonly Originator Edge = new("edge", "edge", Guid.Empty, [Scopes.Edge]);

    private readonly MemoryCache answers = new(new MemoryCacheOptions { SizeLimit = 10_000, Clock = new Clock(time) });

    /// <returns>Null where identity is away.</returns>
    public async Task<Answer?> AskAsync(Claim claim, CancellationToken cancellationToken)
    {
        if (answers.TryGetValue(claim, out Answer? kept))
        {
            return kept;
        }

        using var response = await CallAsync(
            HttpMethod.Post,
            "api/identity/introspect",
            new Introspect { ApiKey = claim.ApiKey, SessionId = claim.Session, Project = claim.Project },
            cancellationToken);
        if (response is null)
        {
            return null;
        }

        var answer = await ReadAsync(response, cancellationToken);
        return answers.Set(claim, answer, new MemoryCacheEntryOptions { AbsoluteExpirationRelativeToNow = KeptFor, Size = 1 });
    }

    /// <summary>A call to identity in the name of the edge.</summary>
    /// <returns>Null where identity is away, or cannot answer now.</returns>
    public async Task<HttpResponseMessage?> CallAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var client = clients.For("identity", Edge);
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: PlatformJson.Options) };
        try
        {
            var response = await client.SendAsync(request, cancellationToken);
            if (response.StatusCode < HttpStatusCode.InternalServerError)
            {
                return response;
            }

            response.Dispose();
            return null;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    public void Forget(Claim claim) => answers.Remove(claim);

    public void Dispose() => answers.Dispose();

    private static async Task<Answer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.NotFound)
        {
            response.EnsureSuccessStatusCode();
            return new Answer(await response.Content.ReadFromJsonAsync<CallerIdentity>(PlatformJson.Options, cancellationToken), UnknownProject: false);
        }

        var problem = await response.Content.ReadFromJsonAsync<ProblemDetails>(PlatformJson.Options, cancellationToken);
        return new Answer(null, problem?.Type?.EndsWith(":project-unknown", StringComparison.Ordinal) == true);
    }

    internal sealed record Answer(CallerIdentity? Caller, bool UnknownProject);

    private sealed class Clock(TimeProvider time) : Microsoft.Extensions.Internal.ISystemClock
    {
        public DateTimeOffset UtcNow => time.GetUtcNow();
    }
}
