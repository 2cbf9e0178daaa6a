using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace InternPlatform.ServiceDefaults;

/// <summary>
/// Writes every error of every route: problem+json with a urn and a trace id, or OpenAI's form under <c>/v1</c>,
/// whatever the request says it accepts.
/// </summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var http = context.HttpContext;
        var problem = context.ProblemDetails;
        problem.Status ??= http.Response.StatusCode;
        http.Response.StatusCode = problem.Status.Value;
        Complete(http, problem);
        var traceId = Activity.Current?.Id ?? http.TraceIdentifier;
        if (http.Request.Path.StartsWithSegments("/v1"))
        {
            await http.Response.WriteAsJsonAsync(OpenAiErrorForm.Of(problem), PlatformJson.Options, "application/json", http.RequestAborted);
            return;
        }

        problem.Extensions["traceId"] = traceId;
        http.Response.ContentType = "application/problem+json";
        await JsonSerializer.SerializeAsync(http.Response.Body, problem, problem.GetType(), PlatformJson.Options, http.RequestAborted);
    }

    private static void Complete(HttpContext http, ProblemDetails problem)
    {
        if (problem.Type is { } type && type.StartsWith(PlatformProblems.Prefix, StringComparison.Ordinal))
        {
            return;
        }

        var (name, title, detail) = Known(problem.Status!.Value);
        problem.Type = $"{PlatformProblems.Prefix}{ServiceOf(http)}:{name}";
        if (problem.Detail is null || problem.Status >= 500)
        {
            problem.Title = title;
            problem.Detail = detail;
        }
    }

    private static (string Name, string Title, string? Detail) Known(int status) => status switch
    {
        400 => ("bad-request", "The request could not be read.", null),
        404 => ("not-found", "There is nothing here under this name.", "Check the address, and that it belongs to your project."),
        405 => ("method-not-allowed", "This address does not take that method.", null),
        406 => ("not-acceptable", "None of the forms you accept is available here.", null),
        413 => ("body-too-large", "The request body is too large.", null),
        415 => ("media-type", "This address does not take that kind of body.", "Send JSON with 'Content-Type: application/json'."),
        >= 500 and not 503 => ("internal-error", "Something went wrong on our side.", "Try again; the trace id finds the reason in the log."),
        503 => ("unavailable", "The service is not able to answer now.", "Try again in a moment."),
        _ => ($"status-{status}", "The request was refused.", null),
    };

    private static string ServiceOf(HttpContext http) =>
        http.GetEndpoint() is not null && http.Request.Path.Value?.Split('/') is ["", "api", { Length: > 0 and <= 32 } service, ..] && service.All(char.IsAsciiLetterLower)
            ? service
            : "platform";
}
