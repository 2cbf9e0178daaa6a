using System.Net.Http.Headers;
using InternPlatform.Deployment.OpenAi;
using InternPlatform.Inference.Engine;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Deployment.Replicas;

/// <summary>Speaks to replicas over loopback.</summary>
internal sealed class ReplicaClient(IHostApplicationLifetime host) : IDisposable
{
    public const string SecretHeader = "X-Intern-Replica-Secret";

    private static readonly TimeSpan StatusTimeout = TimeSpan.FromSeconds(5);

    private static readonly OpenAiRefusal Stopping = new(StatusCodes.Status503ServiceUnavailable, "server_stopping", "The server is stopping. Try again in a moment.", null);

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(2) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public void Dispose() => http.Dispose();

    /// <returns>Null: it does not answer.</returns>
    public async Task<EngineStatus?> StatusAsync(Replica replica, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(StatusTimeout);
        using var request = Request(HttpMethod.Get, replica, ReplicaMain.StatusPath);
        try
        {
            using var answer = await http.SendAsync(request, patience.Token);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<EngineStatus>(PlatformJson.Options, patience.Token) : null;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>
    /// Passes a request on and the answer back, unbuffered. A caller who leaves takes the replica's request along. A host that stops ends open streams with an
    /// error frame at once, since it would wait for them; an answer that comes as a whole may still come.
    /// </summary>
    /// <returns>False: the replica was lost before anything was answered.</returns>
    public async Task<bool> ForwardAsync(HttpContext context, Replica replica, Stream body, Guid project)
    {
        var aborted = context.RequestAborted;
        using var request = Request(HttpMethod.Post, replica, context.Request.Path);
        request.Headers.Add(ServedModel.CacheSaltHeader, project.ToString());
        request.Content = new StreamContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, aborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            foreach (var name in new[] { "Retry-After", "Cache-Control", "X-Accel-Buffering" })
            {
                if (answer.Headers.TryGetValues(name, out var values))
                {
                    context.Response.Headers[name] = values.ToArray();
                }
            }

            var isStream = answer.Content.Headers.ContentType?.MediaType == "text/event-stream";
            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(aborted, isStream ? host.ApplicationStopping : CancellationToken.None);
            await CopyAsync(answer, context.Response, stopping.Token, aborted);
            return true;
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested && host.ApplicationStopping.IsCancellationRequested)
        {
            await new EventStream(context.Response).FailAsync(Stopping, aborted);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException && !aborted.IsCancellationRequested)
        {
            return context.Response.HasStarted && await EndBrokenAsync(context);
        }
    }

    /// <summary>Only the reading is ended early: what was read is written whole, so that no frame is cut.</summary>
    private static async Task CopyAsync(HttpResponseMessage answer, HttpResponse response, CancellationToken stopping, CancellationToken aborted)
    {
        await using var source = await answer.Content.ReadAsStreamAsync(aborted);
        var buffer = new byte[16 * 1024];
        while (await source.ReadAsync(buffer, stopping) is > 0 and var read)
        {
            await response.Body.WriteAsync(buffer.AsMemory(0, read), aborted);
            await response.Body.FlushAsync(aborted);
        }
    }

    /// <summary>A stream ends with an error frame, never with silence; a half-written document cannot be mended.</summary>
    private static async Task<bool> EndBrokenAsync(HttpContext context)
    {
        if (context.Response.ContentType?.StartsWith("text/event-stream", StringComparison.Ordinal) == true)
        {
            var lost = new OpenAiRefusal(StatusCodes.Status503ServiceUnavailable, "replica_lost", "The model went away while it answered. It is being restarted; try again in a moment.", null);
            await new EventStream(context.Response).FailAsync(lost, context.RequestAborted);
        }
        else
        {
            context.Abort();
        }

        return true;
    }

    private static HttpRequestMessage Request(HttpMethod method, Replica replica, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(replica.Address, path));
        request.Headers.Add(SecretHeader, replica.Secret);
        return request;
    }
}
