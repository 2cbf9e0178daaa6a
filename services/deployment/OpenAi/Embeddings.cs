using System.Runtime.InteropServices;
using System.Text.Json;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>
/// <c>POST /v1/embeddings</c>, inside the replica: for each text the mean of its tokens' final hidden states, scaled to length 1. Whether near texts get near
/// vectors is the model's matter; one that was not trained for it gives what it has.
/// </summary>
internal static class Embeddings
{
    public static async Task HandleAsync(HttpContext http, ServedModel model)
    {
        var cancellationToken = http.RequestAborted;
        var request = await ReadBody.OfAsync(http.Request, OpenAiJson.Shared.EmbeddingRequest, cancellationToken);
        model = model.Named(request.Model);
        if (request.Dimensions is not null)
        {
            throw OpenAiRefusal.Unsupported("dimensions", "A vector has as many as the model's hidden state.");
        }

        var asBase64 = request.EncodingFormat switch
        {
            null or "float" => false,
            "base64" => true,
            _ => throw OpenAiRefusal.Invalid("encoding_format", "'encoding_format' must be 'float' or 'base64'."),
        };
        var inputs = CompletionPrompts.Read("input", request.Input, model.Text);
        var salt = http.Request.Headers[ServedModel.CacheSaltHeader].ToString();
        var items = new List<EmbeddingItem>();

        // As many at a time as are computed in one step: more would only fill the queue that others wait in.
        foreach (var chunk in inputs.Chunk(model.Text.Engine.MaxRunningSequences))
        {
            var vectors = await Task.WhenAll(chunk.Select(input => model.Text.EmbedAsync(input, salt, model.Adapter, cancellationToken)));
            items.AddRange(vectors.Select(vector => new EmbeddingItem { Index = 0, Embedding = Json(vector, asBase64) }));
        }

        var tokens = inputs.Sum(input => input.Length);
        var answer = new EmbeddingList
        {
            Data = [.. items.Select((item, index) => item with { Index = index })],
            Model = model.Name,
            Usage = new() { PromptTokens = tokens, TotalTokens = tokens },
        };
        await http.Response.WriteAsJsonAsync(answer, OpenAiJson.Shared.EmbeddingList, cancellationToken: cancellationToken);
    }

    private static JsonElement Json(IReadOnlyList<float> vector, bool asBase64) => asBase64
        ? JsonSerializer.SerializeToElement(Convert.ToBase64String(MemoryMarshal.AsBytes<float>([.. vector])), OpenAiJson.Shared.String)
        : JsonSerializer.SerializeToElement(vector, OpenAiJson.Shared.IReadOnlyListSingle);
}
