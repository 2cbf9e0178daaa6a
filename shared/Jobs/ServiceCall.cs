using System.Net;
using System.Net.Http.Headers;

namespace InternPlatform.Jobs;

/// <summary>How long a job asks a service that does not answer. Waits double from the first to the longest; a <c>Retry-After</c> in seconds replaces one.</summary>
public sealed record ServiceRetry
{
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(200);
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>
/// Gives each request the job's newest assertion, and asks again where that cannot do harm: the service was never reached, it answered 503,
/// or the answer broke off and the request is one that may be repeated (GET, HEAD, PUT, DELETE, or one with an <c>Idempotency-Key</c>).
/// </summary>
internal sealed class ServiceCall(HttpMessageHandler inner, Func<string> assertion, ServiceRetry retry, TimeProvider time) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is { } content)
        {
            // A body that is a stream could not be sent twice.
            await content.LoadIntoBufferAsync(cancellationToken);
        }

        var began = time.GetTimestamp();
        var wait = retry.FirstWait;
        while (true)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", assertion());
            TimeSpan pause;
            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                pause = Longer(response.Headers.RetryAfter?.Delta) ?? wait;
                if (response.StatusCode != HttpStatusCode.ServiceUnavailable || IsOver(began, pause))
                {
                    return response;
                }

                response.Dispose();
            }
            catch (HttpRequestException e) when (MayRepeat(request, e) && !IsOver(began, wait))
            {
                pause = wait;
            }

            await Task.Delay(pause, time, cancellationToken);
            wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, retry.LongestWait.Ticks));
        }
    }

    private TimeSpan? Longer(TimeSpan? asked) => asked is { } pause && pause > TimeSpan.Zero ? TimeSpan.FromTicks(Math.Min(pause.Ticks, retry.LongestWait.Ticks)) : null;

    private bool IsOver(long began, TimeSpan pause) => time.GetElapsedTime(began) + pause > retry.Patience;

    private static bool MayRepeat(HttpRequestMessage request, HttpRequestException e) =>
        e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
        || request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Put || request.Method == HttpMethod.Delete
        || request.Headers.Contains("Idempotency-Key");
}
