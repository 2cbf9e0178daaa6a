using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Portal.Tests;

/// <summary>The services behind the portal's typed clients: answers by path (with query, with method, or alone), and remembers what was asked.</summary>
public sealed class FakeServices : HttpMessageHandler
{
    private readonly ConcurrentDictionary<string, Func<HttpRequestMessage, Task<HttpResponseMessage>>> answers = new();

    public ConcurrentQueue<(string Method, string Path, string Body)> Requests { get; } = new();

    public HttpClient For(string service, Originator originator) => new(this, disposeHandler: false) { BaseAddress = new Uri($"http://{service}.test/") };

    public void Answer(string path, object body) =>
        answers[path] = _ => Task.FromResult(new HttpResponseMessage
        {
            Content = JsonContent.Create(body, body.GetType(), options: PlatformJson.Options),
            Headers = { ETag = new("\"planted\"") },
        });

    public void Refuse(string path, HttpStatusCode status, string title, string detail) => answers[path] = _ => Task.FromResult(new HttpResponseMessage(status)
    {
        Content = JsonContent.Create(
            new { type = "urn:intern-platform:catalog:planted", title, detail, traceId = "4bf92f3577b34da6" },
            mediaType: new("application/problem+json")),
    });

    public void Unreachable(string path) => answers[path] = _ => throw new HttpRequestException("Connection refused");

    /// <summary>The answer never comes.</summary>
    public void Hang(string path) => answers[path] = _ => new TaskCompletionSource<HttpResponseMessage>().Task;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath.TrimStart('/');
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        Requests.Enqueue((request.Method.Method, $"{path}{request.RequestUri.Query}", body));
        var answer = answers.GetValueOrDefault($"{request.Method.Method} {path}") ?? answers.GetValueOrDefault($"{path}{request.RequestUri.Query}") ?? answers.GetValueOrDefault(path);
        return answer is null ? new HttpResponseMessage(HttpStatusCode.NotFound) : await answer(request);
    }
}
