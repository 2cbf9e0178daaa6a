using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace InternPlatform.ServiceDefaults;

/// <summary>One line an event: the time, a word where it is worse than information, the message, then the trace id, and an exception below it.</summary>
internal sealed class ReadableConsole(TimeProvider time) : ConsoleFormatter(Name)
{
    public new const string Name = "readable";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(time.GetLocalNow().ToString("HH:mm:ss ", CultureInfo.InvariantCulture));
        textWriter.Write(logEntry.LogLevel switch
        {
            LogLevel.Warning => "warning: ",
            LogLevel.Error => "error: ",
            LogLevel.Critical => "critical: ",
            _ => "",
        });
        textWriter.Write(logEntry.Formatter(logEntry.State, logEntry.Exception));
        // The trace id that a refusal showed to its caller leads here.
        textWriter.WriteLine(logEntry.LogLevel >= LogLevel.Warning && Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? $" (trace {activity.TraceId})" : "");
        if (logEntry.Exception is { } exception)
        {
            textWriter.WriteLine(exception);
        }
    }
}
