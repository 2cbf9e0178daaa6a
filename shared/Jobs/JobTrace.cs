using System.Diagnostics;

namespace InternPlatform.Jobs;

/// <summary>The trace that begins with the request for a job and goes on in the supervisor and the child, hours later and in other processes.</summary>
internal static class JobTrace
{
    private static readonly ActivitySource Source = new("InternPlatform.Jobs");

    /// <summary>As <c>traceparent</c> of W3C; null where there is no trace.</summary>
    public static string? Current => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;

    /// <summary>Also where nobody collects traces: log lines carry its id, and calls of other services continue it.</summary>
    public static Activity Begin(string name, string? parent)
    {
        var isKnown = ActivityContext.TryParse(parent, null, isRemote: true, out var context);
        if (Source.StartActivity(name, ActivityKind.Consumer, isKnown ? context : default) is { } collected)
        {
            return collected;
        }

        var activity = new Activity(name).SetIdFormat(ActivityIdFormat.W3C);
        return (isKnown ? activity.SetParentId(context.TraceId, context.SpanId, context.TraceFlags) : activity).Start();
    }
}
