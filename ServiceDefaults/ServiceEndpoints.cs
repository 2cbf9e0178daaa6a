using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace InternPlatform.ServiceDefaults;

/// <summary>The routes of one service: everything under <c>/api/{name}</c>, and what it maps at the root.</summary>
public static class ServiceEndpoints
{
    /// <summary>
    /// The builder for routes outside <c>/api/{service}</c>, such as <c>/v1</c>. They need an assertion too, and appear in the
    /// service's OpenAPI document. Call it on the builder that <see cref="PlatformService.MapEndpoints"/> was given.
    /// </summary>
    public static IEndpointRouteBuilder Root(this IEndpointRouteBuilder endpoints) => endpoints is ServiceRoutes routes
        ? routes.Root
        : throw new ArgumentException("Root() takes the builder that MapEndpoints was given.", nameof(endpoints));

    internal static void MapService(this WebApplication app, PlatformService service)
    {
        var root = Guard(app.MapGroup(""), service.Name);
        var own = Guard(app.MapGroup($"/api/{service.Name}"), service.Name);
        ServiceHealth.Map(own, service.Name);
        service.MapEndpoints(new ServiceRoutes(own, root));
    }

    private static RouteGroupBuilder Guard(RouteGroupBuilder group, string service)
    {
        group.RequireAuthorization().WithGroupName(service).WithTags(service);
        group.RequireScopeByMethod();
        group.AddEndpointFilterFactory(ArgumentValidation.Create);
        return group;
    }

    private sealed class ServiceRoutes(IEndpointRouteBuilder group, IEndpointRouteBuilder root) : IEndpointRouteBuilder
    {
        public IEndpointRouteBuilder Root => root;

        public IServiceProvider ServiceProvider => group.ServiceProvider;

        public ICollection<EndpointDataSource> DataSources => group.DataSources;

        public IApplicationBuilder CreateApplicationBuilder() => group.CreateApplicationBuilder();
    }
}
