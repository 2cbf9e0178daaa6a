using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace InternPlatform.Deployment.OpenAi;

internal static class ReadBody
{
    /// <summary>Reads the request; what does not fit is named by its path.</summary>
    public static async Task<T> OfAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, type, cancellationToken)
                ?? throw new OpenAiRefusal(StatusCodes.Status400BadRequest, "invalid_json", "The body must be a JSON object.", null);
        }
        catch (JsonException e)
        {
            var field = e.Path?.TrimStart('$', '.');
            throw string.IsNullOrEmpty(field)
                ? new OpenAiRefusal(StatusCodes.Status400BadRequest, "invalid_json", "The body is not valid JSON.", null)
                : new OpenAiRefusal(StatusCodes.Status400BadRequest, "invalid_type", $"'{field}' has the wrong type or is not valid JSON.", field);
        }
    }
}
