using System.Net.Http.Json;

namespace InternPlatform.Tests.Support;

/// <summary>A signed-in browser, as far as HTTP goes: the session cookie and the headers that our own pages send.</summary>
public static class PortalSession
{
    /// <summary>Exchanges the welcome token of a data folder; it works once.</summary>
    public static async Task<HttpClient> SignInAsync(string address, string data, CancellationToken cancellationToken) =>
        await ExchangeAsync(address, await File.ReadAllTextAsync(Path.Combine(data, "welcome-token"), cancellationToken), cancellationToken);

    public static async Task<HttpClient> ExchangeAsync(string address, string token, CancellationToken cancellationToken)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = new Uri(address) };
        http.DefaultRequestHeaders.Add("Origin", address);
        using var response = await http.PostAsJsonAsync("/auth/exchange", new { token }, cancellationToken);
        response.EnsureSuccessStatusCode();
        http.DefaultRequestHeaders.Add("Cookie", response.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        return http;
    }

    /// <summary>A client with an API key, as a script has it.</summary>
    public static HttpClient WithKey(string address, string key)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = new Uri(address) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return http;
    }
}
