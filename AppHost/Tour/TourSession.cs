using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using InternPlatform.Contracts.Identity;

namespace InternPlatform.AppHost.Tour;

/// <summary>
/// Calls to the platform as its operator. The sign-in is an exchange of the one-time token in <c>operator-token</c>, like a person's
/// with the welcome link (ADR 0005). A platform that is restarting is waited for.
/// </summary>
internal sealed class TourSession : IDisposable
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private static readonly TimeSpan SignInLimit = TimeSpan.FromSeconds(60);

    private readonly HttpClient http;
    private readonly string tokenPath;
    private string? cookie;

    public TourSession(HostArguments arguments)
    {
        tokenPath = Path.Combine(arguments.Data, "operator-token");
        http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(3) })
        {
            BaseAddress = new Uri(arguments.Address + "/"),
            Timeout = TimeSpan.FromSeconds(30),
        };
        // Only calls from our own origin may use a session.
        http.DefaultRequestHeaders.Add("Origin", arguments.Address);
    }

    public void Dispose() => http.Dispose();

    public Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    public Task<HttpResponseMessage> PostAsync<T>(string path, T body, CancellationToken cancellationToken, string? idempotencyKey = null) => SendAsync(
        () =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, options: Json) };
            if (idempotencyKey is not null)
            {
                request.Headers.Add("Idempotency-Key", idempotencyKey);
            }

            return request;
        },
        cancellationToken);

    /// <summary>Sends what <paramref name="make"/> makes, again as often as the platform is away; it must be safe to repeat.</summary>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await TrySendAsync(make, cancellationToken) is { } response)
            {
                return response;
            }

            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        }
    }

    public async Task<T> ReadAsync<T>(HttpResponseMessage response, string step, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return (await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken))!;
        }

        throw new TourFailedException(step, await ProblemOfAsync(response, cancellationToken));
    }

    public static async Task<string> ProblemOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            var problem = JsonSerializer.Deserialize<Problem>(text, Json);
            return $"{problem?.Title} {problem?.Detail}".Trim();
        }
        catch (JsonException)
        {
            return $"The platform answered {(int)response.StatusCode}.";
        }
    }

    /// <returns>Null where the platform is away for the moment.</returns>
    private async Task<HttpResponseMessage?> TrySendAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        try
        {
            cookie ??= await SignInAsync(cancellationToken);
            using var request = make();
            request.Headers.Add("Cookie", cookie);
            var response = await http.SendAsync(request, cancellationToken);
            if (response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests))
            {
                return response;
            }

            cookie = response.StatusCode == HttpStatusCode.Unauthorized ? null : cookie;
            response.Dispose();
        }
        catch (HttpRequestException)
        {
            // Refused or cut: the platform is starting, or starting again.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Too slow: ask again.
        }

        return null;
    }

    private async Task<string> SignInAsync(CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (File.Exists(tokenPath))
            {
                var token = await File.ReadAllTextAsync(tokenPath, cancellationToken);
                using var response = await http.PostAsJsonAsync("auth/exchange", new ExchangeToken { Token = token }, Json, cancellationToken);
                if (response.IsSuccessStatusCode && response.Headers.TryGetValues("Set-Cookie", out var cookies))
                {
                    return cookies.Single().Split(';')[0];
                }

                if (TimeProvider.System.GetElapsedTime(started) > SignInLimit)
                {
                    throw new TourFailedException("sign-in", await ProblemOfAsync(response, cancellationToken));
                }
            }

            // Each start of the platform writes a new token.
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        }
    }

    private sealed record Problem(string? Title, string? Detail);
}
