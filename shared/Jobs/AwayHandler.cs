using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace InternPlatform.Jobs;

/// <summary>A database or store that does not answer now is no fault of this service's: 503, and when to ask again.</summary>
internal sealed partial class AwayHandler(IProblemDetailsService problems, ILogger<AwayHandler> logger) : IExceptionHandler
{
    public ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (!Servers.IsAway(exception))
        {
            return ValueTask.FromResult(false);
        }

        Log.Away(logger, exception.Message);
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "1";
        return problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = context, ProblemDetails = { Status = StatusCodes.Status503ServiceUnavailable } });
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A server is away: {Reason}")]
        public static partial void Away(ILogger logger, string reason);
    }
}
