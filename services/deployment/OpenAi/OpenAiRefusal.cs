using InternPlatform.Inference;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>A request that OpenAI's API answers with an error: status, code, and the field at fault.</summary>
internal sealed class OpenAiRefusal(int status, string code, string message, string? param) : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public string? Param { get; } = param;

    public bool TryLater => Status == StatusCodes.Status503ServiceUnavailable;

    public static OpenAiRefusal Invalid(string param, string message) => new(StatusCodes.Status400BadRequest, "invalid_value", message, param);

    public static OpenAiRefusal Unsupported(string param, string? hint = null) =>
        new(StatusCodes.Status400BadRequest, "unsupported_parameter", $"'{param}' is not supported here.{(hint is null ? "" : " " + hint)}", param);

    /// <summary>What the engine refused, in OpenAI's terms.</summary>
    public static OpenAiRefusal Of(InferenceException e, string promptField) => e switch
    {
        EngineFullException or EngineStoppedException => new(StatusCodes.Status503ServiceUnavailable, e.Code, e.Message, null),
        NotFiniteLogitsException or ConstraintDeadEndException => new(StatusCodes.Status500InternalServerError, e.Code, e.Message, null),
        _ => new(StatusCodes.Status400BadRequest, e.Code, e.Message, e.Parameter == "prompt" ? promptField : e.Parameter),
    };

    public ErrorBody Body() => new()
    {
        Error = new() { Message = Message, Type = Status >= 500 ? "server_error" : "invalid_request_error", Param = Param, Code = Code },
    };
}
