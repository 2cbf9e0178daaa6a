using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace InternPlatform.ServiceDefaults;

/// <summary>What a caller may do. GET routes need <see cref="Read"/>, others <see cref="Write"/>, <c>/v1</c> needs <see cref="Chat"/>; a route may say otherwise.</summary>
public static class Scopes
{
    public const string Read = "read";
    public const string Write = "write";
    public const string Chat = "chat";
    public const string Admin = "admin";

    /// <summary>Held by the edge itself, never by a person: asking who somebody is.</summary>
    public const string Edge = "edge";

    /// <summary>Says which scope the route needs, instead of the one its method implies.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, string scope)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new ScopeMetadata(scope));

    /// <summary>Gives each route of a group the scope that its method implies, unless it named one.</summary>
    internal static void RequireScopeByMethod<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.Finally(endpoint =>
        {
            if (!endpoint.Metadata.OfType<ScopeMetadata>().Any())
            {
                var methods = endpoint.Metadata.OfType<HttpMethodMetadata>().LastOrDefault()?.HttpMethods;
                var reads = methods is [.., _] && methods.All(method => method is "GET" or "HEAD");
                endpoint.Metadata.Add(new ScopeMetadata(reads ? Read : Write));
            }
        });
}

/// <summary>The scope a route needs.</summary>
public sealed record ScopeMetadata(string Scope);

internal sealed class ScopeRequirement : IAuthorizationRequirement;

internal sealed class ScopeHandler : AuthorizationHandler<ScopeRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, ScopeRequirement requirement)
    {
        var needed = (context.Resource as HttpContext)?.GetEndpoint()?.Metadata.GetMetadata<ScopeMetadata>();
        if (needed is null || Assertions.ScopesOf(context.User).Contains(needed.Scope))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}
