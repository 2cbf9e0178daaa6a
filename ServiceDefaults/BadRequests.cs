using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace InternPlatform.ServiceDefaults;

/// <summary>Requests that the framework could not read become problems that name the field, and no type of ours.</summary>
internal sealed partial class BadRequests : IExceptionHandler
{
    private static readonly string[] Required = ["is required"];

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not BadHttpRequestException bad)
        {
            return false;
        }

        var result = bad.StatusCode switch
        {
            StatusCodes.Status413PayloadTooLarge => PlatformProblems.BodyTooLarge(BodyLimits.Of(httpContext) ?? 0),
            StatusCodes.Status400BadRequest => Unreadable(bad),
            _ => null,
        };
        if (result is null)
        {
            httpContext.Response.StatusCode = bad.StatusCode;
            return httpContext.RequestServices.GetService(typeof(IProblemDetailsService)) is IProblemDetailsService problems
                && await problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = httpContext });
        }

        await result.ExecuteAsync(httpContext);
        return true;
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult Unreadable(BadHttpRequestException bad)
    {
        var errors = bad.InnerException is JsonException json ? FieldsOf(json) : [];
        return PlatformProblems.Of(
            "platform", "bad-request", "The request could not be read.", StatusCodes.Status400BadRequest,
            errors.Count > 0 ? "See 'errors' for the fields." : PlainReason(bad.Message),
            errors.Count > 0 ? new Dictionary<string, object?> { ["errors"] = errors } : null);
    }

    private static Dictionary<string, string[]> FieldsOf(JsonException json)
    {
        if (json.Message.Contains("missing required properties", StringComparison.Ordinal))
        {
            return QuotedName().Matches(json.Message[json.Message.IndexOf("including", StringComparison.Ordinal)..])
                .ToDictionary(match => match.Groups[1].Value, _ => Required);
        }

        var field = json.Path is { Length: > 2 } path ? path[2..] : "body";
        return new() { [field] = [json.Path is null ? "is not valid JSON" : "is not of the expected form"] };
    }

    // The framework's own messages name C# types: 'Failed to bind parameter "Guid id" from "x".'
    private static string PlainReason(string message) =>
        ParameterName().Match(message) is { Success: true } match ? $"'{match.Groups[1].Value}' is missing or not of the expected form." : "Check its form.";

    [GeneratedRegex("'([^']+)'")]
    private static partial Regex QuotedName();

    [GeneratedRegex("parameter \"[^\"]* ([^\" ]+)\"")]
    private static partial Regex ParameterName();
}
