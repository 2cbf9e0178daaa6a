using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace InternPlatform.Portal.Clients;

/// <summary>A service refused, could not be reached, or answered something that is not its contract.</summary>
public sealed class ApiException : Exception
{
    private ApiException(string service, string title, Exception? inner)
        : base(title, inner) => Service = service;

    public string Service { get; }

    /// <summary>Null when no answer came.</summary>
    public HttpStatusCode? Status { get; private init; }

    /// <summary><c>urn:intern-platform:…</c>, stable in every language.</summary>
    public string? Type { get; private init; }

    /// <summary>What to do next.</summary>
    public string? Detail { get; private init; }

    public string? TraceId { get; private init; }

    public bool IsNotFound => Status == HttpStatusCode.NotFound;

    public static ApiException Unreachable(string service, Exception inner) =>
        new(service, inner.Message, inner) { Type = "urn:intern-platform:portal:service-unreachable", TraceId = Activity.Current?.TraceId.ToString() };

    public static ApiException NotUnderstood(string service, Uri? address, string why) =>
        new(service, $"The answer of {address} could not be read: {why}", null)
        {
            Type = "urn:intern-platform:portal:answer-not-understood",
            TraceId = Activity.Current?.TraceId.ToString(),
        };

    public static async Task<ApiException> ReadAsync(string service, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using (response)
        {
            var problem = await ProblemOfAsync(response, cancellationToken);
            return new(service, problem.Title ?? $"{(int)response.StatusCode} {response.ReasonPhrase}", null)
            {
                Status = response.StatusCode,
                Type = problem.Type,
                Detail = problem.Errors is { Count: > 0 } errors ? string.Join(" ", errors.SelectMany(field => field.Value)) : problem.Detail,
                TraceId = problem.TraceId ?? Activity.Current?.TraceId.ToString(),
            };
        }
    }

    private static async Task<Problem> ProblemOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) is not true)
        {
            return new();
        }

        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            return JsonSerializer.Deserialize<Problem>(body, ServiceApi.Json) ?? new();
        }
        catch (JsonException)
        {
            return new() { Detail = body };
        }
    }

    private sealed record Problem
    {
        public string? Type { get; init; }
        public string? Title { get; init; }
        public string? Detail { get; init; }
        public string? TraceId { get; init; }
        public Dictionary<string, string[]>? Errors { get; init; }
    }
}
