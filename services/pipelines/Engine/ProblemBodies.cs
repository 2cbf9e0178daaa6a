using System.Net;
using System.Text.Json;
using InternPlatform.Contracts.Jobs;

namespace InternPlatform.Pipelines.Engine;

/// <summary>Refusals of services as a step's problem: RFC 9457, or OpenAI's form below <c>/v1</c>.</summary>
internal static class ProblemBodies
{
    public static JobProblem Read(string service, HttpStatusCode status, string text)
    {
        var body = Parse(text);
        var error = Member(body, "error");
        return new JobProblem
        {
            Type = Text(body, "type") ?? $"urn:intern-platform:{service}:{Text(error, "code") ?? $"http-{(int)status}"}",
            Title = Text(body, "title") ?? Text(error, "message") ?? $"The service {service} answered {(int)status}.",
            Detail = WithFields(Text(body, "detail"), Member(body, "errors")),
        };
    }

    private static JsonElement? Parse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            // A proxy in between answered with a page of its own; the status says what there is to say.
            return null;
        }
    }

    private static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out var value) ? value : null;

    private static string? Text(JsonElement? element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static string? WithFields(string? detail, JsonElement? errors)
    {
        if (errors is not { ValueKind: JsonValueKind.Object } fields)
        {
            return detail;
        }

        var lines = fields.EnumerateObject().Select(field => $"{field.Name}: {field.Value}");
        return string.Join(' ', new[] { detail }.Concat(lines).Where(part => part is not null));
    }
}
