using InternPlatform.Artifacts;
using InternPlatform.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace InternPlatform.Jobs;

/// <summary>The artifact store of the process.</summary>
public static class PlatformArtifacts
{
    /// <summary>Registers <see cref="IArtifactStore"/>, once for all services of the process. AddJobs does it, too.</summary>
    public static IHostApplicationBuilder AddArtifacts(this IHostApplicationBuilder builder)
    {
        var options = PlatformOptions.Of(builder);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton(services => ArtifactStores.Open(new ArtifactOptions(Location(options)), services.GetRequiredService<TimeProvider>()));
        return builder;
    }

    internal static string Location(PlatformOptions options) => options.Artifacts == "folder" ? $"folder:{Path.Join(options.Data, "artifacts")}" : options.Artifacts;
}
