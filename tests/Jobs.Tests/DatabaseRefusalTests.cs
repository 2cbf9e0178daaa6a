using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InternPlatform.Jobs.Tests;

/// <summary>A database that this version cannot use is named when the service starts, and is left as it is.</summary>
public sealed class DatabaseRefusalTests(TestServers servers)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused_and_not_touched()
    {
        await using var database = new TestDatabase();
        await database.MigrateAsync(Cancel);
        await using var db = database.Open();
        await db.Database.ExecuteSqlRawAsync("""INSERT INTO "__EFMigrationsHistory" VALUES ('99990101000000_Later', '11.0.0')""", Cancel);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => database.MigrateAsync(Cancel));
        Assert.Contains("written by a newer version (it has '99990101000000_Later')", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_refuses_the_password_is_named_without_it()
    {
        Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
        var connection = (await servers.NewAsync())["Database"].Replace("{name}", "tests", StringComparison.Ordinal).Replace("Password=", "Password=wrong-", StringComparison.Ordinal);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => MigrateAsync(connection));
        Assert.Contains("refuses: password authentication failed", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_services_that_migrate_at_once_both_start_on_the_same_tables()
    {
        Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
        var connection = (await servers.NewAsync())["Database"].Replace("{name}", "tests", StringComparison.Ordinal);

        await Task.WhenAll(MigrateAsync(connection), MigrateAsync(connection), MigrateAsync(connection));
        await using var db = new TestPostgresDb(new DbContextOptionsBuilder<TestPostgresDb>().UseNpgsql(connection).Options);
        Assert.Empty(await db.Database.GetPendingMigrationsAsync(Cancel));
    }

    private static async Task MigrateAsync(string connection)
    {
        await using var services = new ServiceCollection()
            .AddDbContext<TestPostgresDb>(options => options.UseNpgsql(connection))
            .AddScoped<TestDb>(scope => scope.GetRequiredService<TestPostgresDb>())
            .BuildServiceProvider();
        await new DatabaseMigrator<TestDb>(services.GetRequiredService<IServiceScopeFactory>(), new DatabaseReady<TestDb>(), "").StartAsync(Cancel);
    }
}
