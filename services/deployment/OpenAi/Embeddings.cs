using System.Runtime.InteropServices;
using System.Text.Json;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>
/// <c>POST /v1/embeddings</c>, inside the replica: for each text the mean of its tokens' final hidden states, scaled to length 1. Whether near texts get near
/// vectors is the model's matter; one that was not trained for it gives what it has.
/// </summary>
internal static class Embeddings
{
    // As many as OpenAI takes: clients send their texts in lots of a thousand.
    private const int MaxInputs = 2_048;

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
        var inputs = CompletionPrompts.Read("input", request.Input, MaxInputs, model.Text);
        var salt = http.Request.Headers[ServedModel.CacheSaltHeader].ToString();
        var vectors = new List<IReadOnlyList<float>>();

        // As many at a time as are computed in one step: more would only fill the queue that others wait in.
        foreach (var chunk in inputs.Chunk(model.Text.Engine.MaxRunningSequences))
        {
            vectors.AddRange(await Task.WhenAll(chunk.Select(input => model.Text.EmbedAsync(input, salt, model.Adapter, cancellationToken))));
        }

        var tokens = inputs.Sum(input => input.Length);
        var answer = new EmbeddingList
        {
            Data = [.. vectors.Select((vector, index) => new EmbeddingItem { Index = index, Embedding = Json(vector, asBase64) })],
            Model = model.Name,
            Usage = new() { PromptTokens = tokens, TotalTokens = tokens },
        };
        await http.Response.WriteAsJsonAsync(answer, OpenAiJson.Shared.EmbeddingList, cancellationToken: cancellationToken);
    }

    private static JsonElement Json(IReadOnlyList<float> vector, bool asBase64) => asBase64
        ? JsonSerializer.SerializeToElement(Convert.ToBase64String(MemoryMarshal.AsBytes<float>([.. vector])), OpenAiJson.Shared.String)
        : JsonSerializer.SerializeToElement(vector, OpenAiJson.Shared.IReadOnlyListSingle);
}
