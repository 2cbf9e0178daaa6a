using InternPlatform.Artifacts;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Diagnostics;
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
        builder.Services.TryAddSingleton(services => ArtifactStores.Open(Options(options), services.GetRequiredService<TimeProvider>()));
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ArtifactStoreCheck>());
        builder.Services.AddPlainCheck<StoreCheck>("store");
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IExceptionHandler, AwayHandler>());
        return builder;
    }

    /// <summary>The processes of one machine share the copies of remote blobs.</summary>
    internal static ArtifactOptions Options(PlatformOptions options) => new(Location(options)) { CacheFolder = Path.Join(options.Data, "artifact-cache") };

    internal static string Location(PlatformOptions options) => options.Artifacts == "folder" ? $"folder:{Path.Join(options.Data, "artifacts")}" : options.Artifacts;
}

/// <summary>A service whose artefact store is away, or does not know it, refuses to start instead of serving half.</summary>
internal sealed class ArtifactStoreCheck(IArtifactStore store) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await store.PrepareAsync(cancellationToken);
                return;
            }
            catch (StoreUnreachableException e) when (!e.MayPass || TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new StartRefusedException($"{e.Message} Set {PlatformOptions.Variable(nameof(PlatformOptions.Artifacts))} to a store that answers.");
            }
            catch (StoreUnreachableException)
            {
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
