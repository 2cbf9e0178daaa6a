using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>Server-sent events: each is flushed at once; a failure is an event too, never silence.</summary>
internal sealed class EventStream(HttpResponse response)
{
    public static ReadOnlyMemory<byte> Done { get; } = "data: [DONE]\n\n"u8.ToArray();

    public void Begin()
    {
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
    }

    public async Task SendAsync<T>(T value, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await response.Body.WriteAsync("data: "u8.ToArray(), cancellationToken);
        await response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value, type), cancellationToken);
        await response.Body.WriteAsync("\n\n"u8.ToArray(), cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }

    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await response.Body.WriteAsync(Done, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }

    public async Task FailAsync(OpenAiRefusal refusal, CancellationToken cancellationToken)
    {
        await SendAsync(refusal.Body(), OpenAiJson.Shared.ErrorBody, cancellationToken);
        await EndAsync(cancellationToken);
    }
}
