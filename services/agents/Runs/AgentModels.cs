using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Contracts.Deployment;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Agents.Runs;

/// <summary>What the deployment service said: a value, a refusal that asking again does not change, or nothing for now.</summary>
internal sealed record ServiceAnswer<T>(T? Value, string? Refusal, string? Away)
    where T : class;

/// <summary>Asks models, and about them, on behalf of the person whose run it is.</summary>
internal sealed class AgentModels(ServiceClients clients)
{
    private const string Service = "deployment";

    // A large model on a slow machine takes minutes; a run can be cancelled meanwhile.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public Task<ServiceAnswer<ModelReply>> AskAsync(Originator originator, JsonObject request, CancellationToken cancellationToken)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = JsonContent.Create(request) };
        return SendAsync(originator, message, ReadReply, cancellationToken);
    }

    public Task<ServiceAnswer<DeploymentView>> FindAsync(Originator originator, string name, CancellationToken cancellationToken) => SendAsync(
        originator, new HttpRequestMessage(HttpMethod.Get, $"api/deployment/deployments/{Uri.EscapeDataString(name)}"),
        body => body.Deserialize<DeploymentView>(PlatformJson.Options)!, cancellationToken);

    private async Task<ServiceAnswer<T>> SendAsync<T>(Originator originator, HttpRequestMessage message, Func<JsonElement, T> read, CancellationToken cancellationToken)
        where T : class
    {
        using var request = message;
        try
        {
            using var client = clients.For(Service, originator);
            client.Timeout = Longest;
            using var response = await client.SendAsync(request, cancellationToken);
            return Answer(response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken), read);
        }
        catch (HttpRequestException e)
        {
            return new(null, null, $"It cannot be reached: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(null, null, $"It did not answer within {Longest.TotalMinutes:F0} minutes.");
        }
    }

    private static ServiceAnswer<T> Answer<T>(HttpStatusCode status, string text, Func<JsonElement, T> read)
        where T : class
    {
        if (status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
        {
            return new(null, null, $"It answered {(int)status}: {Reason(text)}");
        }

        if ((int)status >= 300)
        {
            return new(null, Reason(text), null);
        }

        try
        {
            return new(read(JsonElement.Parse(text)), null, null);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            return new(null, $"Its answer is not one that the API knows: {e.Message}", null);
        }
    }

    /// <summary>OpenAI's error or RFC 9457's; a proxy's page has neither.</summary>
    private static string Reason(string text)
    {
        try
        {
            var body = JsonElement.Parse(text);
            return body.ValueKind != JsonValueKind.Object ? text
                : body.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var said) ? said.ToString()
                : $"{Member(body, "title")} {Member(body, "detail")}".Trim();
        }
        catch (JsonException)
        {
            return "no reason was given.";
        }
    }

    private static string? Member(JsonElement body, string name) => body.TryGetProperty(name, out var part) ? part.ToString() : null;

    private static ModelReply ReadReply(JsonElement body)
    {
        var choice = body.GetProperty("choices")[0];
        var message = choice.GetProperty("message");
        var usage = body.TryGetProperty("usage", out var counted) && counted.ValueKind == JsonValueKind.Object ? counted : default(JsonElement?);
        return new()
        {
            Content = message.TryGetProperty("content", out var content) ? content.GetString() : null,
            Calls = message.TryGetProperty("tool_calls", out var calls) && calls.ValueKind == JsonValueKind.Array ? [.. calls.EnumerateArray().Select(ReadCall)] : [],
            FinishReason = choice.TryGetProperty("finish_reason", out var reason) ? reason.GetString() : null,
            PromptTokens = usage?.GetProperty("prompt_tokens").GetInt32(),
            CompletionTokens = usage?.GetProperty("completion_tokens").GetInt32(),
        };
    }

    private static ReplyCall ReadCall(JsonElement call)
    {
        var function = call.GetProperty("function");
        return new(call.GetProperty("id").GetString()!, function.GetProperty("name").GetString()!, function.GetProperty("arguments").GetString()!);
    }
}
