using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Portal.Clients;

/// <summary>A client for one service, acting for one person. <see cref="ServiceClients.For"/> in the host.</summary>
public delegate HttpClient ServiceHttp(string service, Originator originator);

/// <summary>One call of a service's HTTP API for the signed-in user; every refusal is an <see cref="ApiException"/>.</summary>
public sealed class ServiceApi(ServiceHttp http, SignedInUser user)
{
    public static JsonSerializerOptions Json => PlatformJson.Options;

    public Task<T> GetAsync<T>(string service, string path, CancellationToken cancellationToken) =>
        ReadAsync<T>(service, new HttpRequestMessage(HttpMethod.Get, At(service, path)), cancellationToken);

    /// <summary>What was asked for, and its ETag, which a change of it has to name.</summary>
    public async Task<Tagged<T>> GetTaggedAsync<T>(string service, string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(service, new HttpRequestMessage(HttpMethod.Get, At(service, path)), cancellationToken);
        return new Tagged<T>(await BodyAsync<T>(service, response, cancellationToken), response.Headers.ETag?.ToString() ?? "");
    }

    /// <param name="tag">ETag of what was read: somebody else's change in between is refused, not lost.</param>
    public Task<T> PutAsync<T>(string service, string path, object body, string tag, CancellationToken cancellationToken) => ReadAsync<T>(
        service,
        new HttpRequestMessage(HttpMethod.Put, At(service, path)) { Content = JsonContent.Create(body, body.GetType(), options: Json), Headers = { { "If-Match", tag } } },
        cancellationToken);

    /// <param name="intent">One id per intent of the user: a double click sends one command.</param>
    public Task<T> PostAsync<T>(string service, string path, object? body, Guid intent, CancellationToken cancellationToken) =>
        ReadAsync<T>(service, Post(At(service, path), body, intent), cancellationToken);

    public async Task PostAsync(string service, string path, Guid intent, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(service, Post(At(service, path), null, intent), cancellationToken);
    }

    public async Task DeleteAsync(string service, string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(service, new HttpRequestMessage(HttpMethod.Delete, At(service, path)), cancellationToken);
    }

    private static string At(string service, string path) => $"api/{service}/{path}";

    private static HttpRequestMessage Post(string path, object? body, Guid intent) => new(HttpMethod.Post, path)
    {
        Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: Json),
        Headers = { { "Idempotency-Key", intent.ToString() } },
    };

    private async Task<T> ReadAsync<T>(string service, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(service, request, cancellationToken);
        return await BodyAsync<T>(service, response, cancellationToken);
    }

    private static async Task<T> BodyAsync<T>(string service, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var address = response.RequestMessage?.RequestUri;
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken) ?? throw ApiException.NotUnderstood(service, address, "null");
        }
        catch (JsonException e)
        {
            throw ApiException.NotUnderstood(service, address, e.Message);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string service, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var client = http(service, await user.OriginatorAsync());
        request.Headers.AcceptLanguage.ParseAdd(CultureInfo.CurrentUICulture.Name);
        try
        {
            var response = await client.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode ? response : throw await ApiException.ReadAsync(service, response, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw ApiException.Unreachable(service, e);
        }
        catch (TaskCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw ApiException.Unreachable(service, e);
        }
        finally
        {
            request.Dispose();
        }
    }
}

/// <summary>A thing as it was read, and its ETag.</summary>
public sealed record Tagged<T>(T Value, string Tag);
