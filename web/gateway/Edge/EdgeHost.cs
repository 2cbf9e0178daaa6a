using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;

namespace InternPlatform.Gateway.Edge;

/// <summary>What stands between the outside and the services: sign-in, API keys, checks and limits. Used by the gateway and by the standalone host.</summary>
public static class EdgeHost
{
    public static void AddEdge(this WebApplicationBuilder builder)
    {
        var options = PlatformOptions.Of(builder);
        var keys = Path.Combine(options.Data, "keys", "protection");
        OwnerOnly.CreateFolder(Path.GetDirectoryName(keys)!);
        OwnerOnly.CreateFolder(keys);
        builder.Services.AddDataProtection().PersistKeysToFileSystem(new DirectoryInfo(keys)).SetApplicationName("intern-platform");
        // The keys lie in a folder that only the owner can read.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Services.AddOptions<EdgeOptions>().BindConfiguration(EdgeOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<SessionCookie>();
        builder.Services.AddSingleton<Introspection>();
        builder.Services.AddSingleton<EdgeLimits>();
        builder.Services.AddSingleton<RefusalWriter>();
        builder.Services.AddSingleton<IAuthorizationMiddlewareResultHandler, PageRefusals>();
        builder.Services.AddSingleton<WebApplicationAddress>();
        builder.Services.AddHostedService<WelcomeLink>();
    }

    /// <summary>Applies to whatever comes from outside; calls between services in this process come by the internal socket and bring their own assertion.</summary>
    public static void UseEdge(this WebApplication app) => app.UseWhen(static context => !context.IsInternal(), edge =>
    {
        edge.UseMiddleware<AnswerHeaders>();
        edge.UseMiddleware<RequestGuard>();
        edge.UseMiddleware<SignIn>();
        edge.UseMiddleware<SameOriginCheck>();
        edge.UseMiddleware<CallerLimit>();
    });

    public static void MapEdge(this WebApplication app) => AuthEndpoints.Map(app);
}
