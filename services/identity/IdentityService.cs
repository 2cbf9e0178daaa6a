using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace InternPlatform.Identity;

/// <summary>Users, projects, members, API keys, sessions and the audit of what was done to them.</summary>
public static class IdentityService
{
    public const string Name = "identity";

    public static PlatformService Definition { get; } = new(Name, AddServices, _ => { }, MapEndpoints);

    private static void AddServices(IHostApplicationBuilder builder)
    {
        OwnerOnly.CreateFolder(PlatformOptions.Of(builder).ServiceFolder(Name));
        builder.AddServiceDatabase<IdentityDb, IdentitySqliteDb, IdentityPostgresDb>(Name);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<SignInFiles>();
        builder.Services.AddHostedService<FirstStart>();
        builder.Services.AddHostedService<AssertionKeyKeeper>();
    }

    private static void MapEndpoints(IEndpointRouteBuilder identity)
    {
        GetMe.Map(identity);
        Projects.Map(identity);
        Members.Map(identity);
        Users.Map(identity);
        ApiKeys.Map(identity);
        ReadAudit.Map(identity);
        IntrospectCaller.Map(identity);
        Sessions.Map(identity);
        RotateAssertionKey.Map(identity);
    }
}
