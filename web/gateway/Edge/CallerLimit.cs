namespace InternPlatform.Gateway.Edge;

/// <summary>429 for the caller's own limit, before a service sees the call.</summary>
internal sealed class CallerLimit(RequestDelegate next, EdgeLimits limits)
{
    public Task InvokeAsync(HttpContext context) =>
        context.Features.Get<SignedIn>() is { } caller && IsCounted(context.Request.Path) && limits.TryCall(caller) is { } wait
            ? EdgeProblems.TooMany(context, wait, "calls").ExecuteAsync(context)
            : next(context);

    private static bool IsCounted(PathString path) => path.StartsWithSegments("/api") || path.StartsWithSegments("/v1");
}
