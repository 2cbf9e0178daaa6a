using InternPlatform.Jobs.DeadLetters;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace InternPlatform.Jobs;

/// <summary>A service's own database: a SQLite file or Postgres, brought up to date before anything uses it.</summary>
public static class ServiceDatabase
{
    /// <summary>
    /// Registers <typeparamref name="TDb"/>. In a request it sees the caller's project only; elsewhere, in supervisors and consumers, all of them.
    /// Call it before <see cref="JobsRegistration.AddJobs"/>.
    /// </summary>
    public static IHostApplicationBuilder AddServiceDatabase<TDb, TSqlite, TPostgres>(this IHostApplicationBuilder builder, string service)
        where TDb : JobsDbContext
        where TSqlite : TDb
        where TPostgres : TDb
    {
        var options = PlatformOptions.Of(builder);
        builder.Services.AddHttpContextAccessor();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<JobSignals<TDb>>();
        builder.Services.AddSingleton<DatabaseReady<TDb>>();
        builder.Services.AddSingleton<CommitSignal<TDb>>();
        builder.Services.AddSingleton<DeadLetterStore<TDb>>();
        builder.Services.AddSingleton<IQueueRules>(services => ActivatorUtilities.CreateInstance<QueueRules<TDb>>(services, service));
        builder.Services.AddHostedService<Redelivery<TDb>>();
        if (options.Database == "sqlite")
        {
            Directory.CreateDirectory(options.ServiceFolder(service));
            var file = Path.Join(options.ServiceFolder(service), $"{service}.db");
            builder.Services.AddDbContext<TSqlite>((services, db) => Sqlite(db, file).AddInterceptors(services.GetRequiredService<CommitSignal<TDb>>()));
            AddFiltered<TDb, TSqlite>(builder.Services);
        }
        else
        {
            var connection = options.Database.Replace("{name}", service, StringComparison.Ordinal);
            builder.Services.AddDbContext<TPostgres>((services, db) => db.UseNpgsql(connection).AddInterceptors(services.GetRequiredService<CommitSignal<TDb>>()));
            AddFiltered<TDb, TPostgres>(builder.Services);
        }

        builder.Services.AddServiceChecks<TDb>(service, server: options.Database != "sqlite");
        builder.Services.AddHostedService(services => new DatabaseMigrator<TDb>(
            services.GetRequiredService<IServiceScopeFactory>(), services.GetRequiredService<DatabaseReady<TDb>>(),
            Path.Join(options.ServiceFolder(service), $"{service}.migrate.lock")));
        return builder;
    }

    /// <summary>A context that is never connected: for the migration tool, and for a test that its migrations are complete.</summary>
    public static TContext ForDesign<TContext>()
        where TContext : JobsDbContext
    {
        var builder = new DbContextOptionsBuilder<TContext>();
        if (typeof(TContext).Name.Contains("Sqlite", StringComparison.Ordinal))
        {
            Sqlite(builder, ":memory:");
        }
        else
        {
            builder.UseNpgsql("Host=localhost;Database=design");
        }

        return (TContext)Activator.CreateInstance(typeof(TContext), builder.Options)!;
    }

    private static void AddFiltered<TDb, TContext>(IServiceCollection services)
        where TDb : JobsDbContext
        where TContext : TDb => services.AddScoped<TDb>(scope =>
        {
            var db = scope.GetRequiredService<TContext>();
            if (scope.GetRequiredService<IHttpContextAccessor>().HttpContext is { } request)
            {
                // A request without a caller sees no project at all.
                db.Project = request.User.Identity?.IsAuthenticated == true ? Caller.Of(request.User).ProjectId : Guid.Empty;
            }

            return db;
        });

    private static DbContextOptionsBuilder Sqlite(DbContextOptionsBuilder db, string file)
        => db.UseSqlite($"Data Source={file};Default Timeout=30", sqlite => sqlite.CommandTimeout(30))
            // Each service has one database of its own with contexts of two providers; the model differs by provider on purpose.
            .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.NonTransactionalMigrationOperationWarning));
}

/// <summary>How the migration tool makes a context. A service has one empty class of this per context.</summary>
public abstract class DesignTimeFactory<TContext> : IDesignTimeDbContextFactory<TContext>
    where TContext : JobsDbContext
{
    public TContext CreateDbContext(string[] args) => ServiceDatabase.ForDesign<TContext>();
}

/// <summary>Set when the database has the tables that this process expects.</summary>
internal sealed class DatabaseReady<TDb>
{
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ready => ready.Task;

    public void Set() => ready.TrySetResult();
}

/// <summary>Wakes the outbox after each commit.</summary>
internal sealed class CommitSignal<TDb>(JobSignals<TDb> signals) : SaveChangesInterceptor, IDbTransactionInterceptor
{
    public override ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        if (eventData.Context?.Database.CurrentTransaction is null)
        {
            signals.Outbox.Set();
        }

        return ValueTask.FromResult(result);
    }

    public Task TransactionCommittedAsync(System.Data.Common.DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        signals.Outbox.Set();
        return Task.CompletedTask;
    }
}
