using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace InternPlatform.Identity;

internal static class IdentityDatabase
{
    public static void AddIdentityDatabase(this IHostApplicationBuilder builder)
    {
        var folder = PlatformOptions.Of(builder).ServiceFolder(IdentityService.Name);
        builder.Services.AddDbContext<IdentityDb, IdentitySqliteDb>(db => db.UseSqlite($"Data Source={Path.Combine(folder, "identity.db")}"));
        builder.Services.AddHostedService<CreateDatabase>();
    }

    private sealed class CreateDatabase(IServiceScopeFactory scopes, PlatformOptions options) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            OwnerOnly.CreateFolder(options.ServiceFolder(IdentityService.Name));
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<IdentityDb>().Database.EnsureCreatedAsync(cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

public sealed class IdentitySqliteDb(DbContextOptions<IdentitySqliteDb> options) : IdentityDb(options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicks>();

    private sealed class UtcTicks() : ValueConverter<DateTimeOffset, long>(value => value.UtcTicks, ticks => new DateTimeOffset(ticks, TimeSpan.Zero));
}

public sealed class IdentityPostgresDb(DbContextOptions<IdentityPostgresDb> options) : IdentityDb(options);
