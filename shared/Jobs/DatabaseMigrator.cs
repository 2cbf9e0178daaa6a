using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace InternPlatform.Jobs;

/// <summary>Migrates before the services that were registered after it start.</summary>
internal sealed class DatabaseMigrator<TDb>(IServiceScopeFactory scopes, DatabaseReady<TDb> ready, string lockFile) : IHostedService
    where TDb : JobsDbContext
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        if (db.Database.IsNpgsql())
        {
            await MigrateServerAsync(db, cancellationToken);
        }
        else
        {
            await using var alone = await LockFile.TakeAsync(lockFile, cancellationToken);
            await RefuseNewerAsync(db, cancellationToken);
            await ForgetAbandonedLockAsync(db, cancellationToken);
            await db.Database.MigrateAsync(cancellationToken);
            await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL", cancellationToken);
        }

        ready.Set();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Held until the connection ends, in the database that is always there: EF's own lock is let go after each migration, and another instance comes between.
    /// </summary>
    private static async Task<NpgsqlConnection> LockAsync(TDb db, CancellationToken cancellationToken)
    {
        var server = new NpgsqlConnectionStringBuilder(db.Database.GetConnectionString());
        var name = server.Database!;
        server.Database = "postgres";
        server.Pooling = false;
        var connection = new NpgsqlConnection(server.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var wait = new NpgsqlCommand("SELECT pg_advisory_lock(hashtextextended($1, 0))", connection) { Parameters = { new() { Value = name } }, CommandTimeout = 0 };
            await wait.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Under a lock of Postgres, which ends with its connection. A server that is just being started again is waited for; one that refuses us is not.</summary>
    private static async Task MigrateServerAsync(TDb db, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await using var alone = await LockAsync(db, cancellationToken);
                await RefuseNewerAsync(db, cancellationToken);
                await db.Database.MigrateAsync(cancellationToken);
                return;
            }
            catch (PostgresException e) when (!e.IsTransient)
            {
                throw new StartRefusedException($"{Shown(db)} refuses: {e.MessageText}. Check {PlatformOptions.Variable(nameof(PlatformOptions.Database))}.");
            }
            catch (NpgsqlException e)
            {
                if (TimeProvider.System.GetElapsedTime(began) > Patience)
                {
                    throw new StartRefusedException($"{Shown(db)} does not answer ({e.Message.TrimEnd('.')}). Start it, or check {PlatformOptions.Variable(nameof(PlatformOptions.Database))}.");
                }

                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    /// <summary>What a later version has added would be misread, or lost at the next write.</summary>
    private static async Task RefuseNewerAsync(TDb db, CancellationToken cancellationToken)
    {
        var unknown = (await db.Database.GetAppliedMigrationsAsync(cancellationToken)).Except(db.Database.GetMigrations()).ToList();
        if (unknown.Count > 0)
        {
            throw new StartRefusedException($"{Shown(db)} was written by a newer version (it has '{unknown[^1]}'). Start that version, or give another database or data folder.");
        }
    }

    private static string Shown(TDb db) => db.Database.IsNpgsql() && new NpgsqlConnectionStringBuilder(db.Database.GetConnectionString()) is var server
        ? $"The database {server.Database} on {server.Host}:{server.Port}"
        : "The database file of this data folder";

    /// <summary>EF's own lock on SQLite is a row, which a killed migration leaves behind for ever. Ours goes with its process, and we hold it.</summary>
    private static async Task ForgetAbandonedLockAsync(TDb db, CancellationToken cancellationToken)
    {
        if (await db.Database.SqlQueryRaw<int>("""SELECT COUNT(*) AS "Value" FROM sqlite_master WHERE name = '__EFMigrationsLock'""").SingleAsync(cancellationToken) > 0)
        {
            await db.Database.ExecuteSqlRawAsync("""DELETE FROM "__EFMigrationsLock" """, cancellationToken);
        }
    }
}
