using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace InternPlatform.ServiceDefaults;

/// <summary>Every body has a size limit; one that announces more is refused before it is read.</summary>
public static class BodyLimits
{
    public const long DefaultBytes = 1 << 20;

    /// <summary>Sets the route's own limit.</summary>
    public static TBuilder WithBodyLimit<TBuilder>(this TBuilder builder, long bytes)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new LimitMetadata(bytes));

    internal static long? Of(HttpContext context) => context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize;

    /// <summary>Runs after routing, which has applied the route's own limit.</summary>
    internal static void UseBodyLimits(this IApplicationBuilder app) => app.Use(static async (context, next) =>
    {
        if (Of(context) is { } limit && context.Request.ContentLength > limit)
        {
            // The rest of the body is not read, so the connection cannot be used again.
            context.Response.Headers.Connection = "close";
            await PlatformProblems.BodyTooLarge(limit).ExecuteAsync(context);
            return;
        }

        await next(context);
    });

    private sealed record LimitMetadata(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}
