using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;

namespace InternPlatform.ServiceDefaults;

/// <summary>The error form of OpenAI's API: <c>{"error":{"message","type","param","code"}}</c>.</summary>
internal sealed record OpenAiErrorForm(OpenAiErrorForm.Body Error)
{
    public static OpenAiErrorForm Of(ProblemDetails problem)
    {
        var message = problem.Detail is null ? problem.Title : $"{problem.Title} {problem.Detail}";
        var code = problem.Extensions.TryGetValue("code", out var given) ? given as string : problem.Type?.Split(':')[^1].Replace('-', '_');
        return new OpenAiErrorForm(new Body(
            message ?? "The request was refused.",
            TypeOf(problem.Status ?? 500),
            problem.Extensions.TryGetValue("param", out var param) ? param as string : null,
            code));
    }

    private static string TypeOf(int status) => status switch
    {
        403 => "permission_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    /// <summary>All four members are always there, as OpenAI has them.</summary>
    internal sealed record Body(
        string Message,
        string Type,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code);
}
