using Microsoft.Extensions.Logging;

namespace InternPlatform.Portal.Components;

/// <summary>Log lines of components; the generator does not see Razor files.</summary>
internal static partial class PortalLog
{
    [LoggerMessage(LogLevel.Warning, "The chart of job {JobId} could not be opened")]
    public static partial void NoChart(ILogger logger, Guid jobId, Exception e);

    [LoggerMessage(LogLevel.Warning, "The chart '{Chart}' could not be opened")]
    public static partial void NoPanel(ILogger logger, string chart, Exception e);

    [LoggerMessage(LogLevel.Warning, "The playground could not be opened")]
    public static partial void NoChat(ILogger logger, Exception e);
}
