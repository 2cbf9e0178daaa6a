using System.Linq.Expressions;
using System.Reflection;
using InternPlatform.Jobs.DeadLetters;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace InternPlatform.Jobs;

/// <summary>A row that belongs to a project. Queries made for a caller see no other project's.</summary>
public interface IProjectOwned
{
    Guid ProjectId { get; }
}

/// <summary>The job tables, which live in each service's own context.</summary>
public interface IJobsDb
{
    DbSet<JobRow> Jobs { get; }
    DbSet<JobEventRow> JobEvents { get; }
    DbSet<OutboxRow> Outbox { get; }
    DbSet<InboxRow> Inbox { get; }
    DbSet<DeadLetterRow> DeadLetters { get; }
    DbSet<IdempotencyRow> Idempotency { get; }
}

/// <summary>
/// Base of a service's context: the job tables, the one place where rows are filtered by project, and what makes one model fit SQLite and Postgres.
/// A service derives its model from it, and from that a SQLite and a Postgres context with nothing but a constructor.
/// </summary>
public abstract class JobsDbContext(DbContextOptions options) : DbContext(options), IJobsDb
{
    private static readonly MethodInfo FilterMethod = typeof(JobsDbContext).GetMethod(nameof(ProjectFilter), BindingFlags.Instance | BindingFlags.NonPublic)!;

    public DbSet<JobRow> Jobs => Set<JobRow>();
    public DbSet<JobEventRow> JobEvents => Set<JobEventRow>();
    public DbSet<OutboxRow> Outbox => Set<OutboxRow>();
    public DbSet<InboxRow> Inbox => Set<InboxRow>();
    public DbSet<DeadLetterRow> DeadLetters => Set<DeadLetterRow>();
    public DbSet<IdempotencyRow> Idempotency => Set<IdempotencyRow>();

    /// <summary>The caller's project: set for every request. Null, for supervisors and consumers: every project's rows are seen.</summary>
    public Guid? Project { get; set; }

    /// <summary>The service's own entities.</summary>
    protected abstract void Map(ModelBuilder model);

    protected sealed override void OnModelCreating(ModelBuilder modelBuilder)
    {
        Map(modelBuilder);
        modelBuilder.AddJobs();
        foreach (var entity in modelBuilder.Model.GetEntityTypes().Where(entity => typeof(IProjectOwned).IsAssignableFrom(entity.ClrType)).ToList())
        {
            var filter = (LambdaExpression)FilterMethod.MakeGenericMethod(entity.ClrType).Invoke(this, null)!;
            modelBuilder.Entity(entity.ClrType).HasQueryFilter(filter);
        }
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        if (Database.ProviderName!.EndsWith("Sqlite", StringComparison.Ordinal))
        {
            // SQLite has no such type. As ticks of UTC, rows sort and compare; keep "now" in a variable inside queries.
            configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicks>();
        }
    }

    private Expression<Func<T, bool>> ProjectFilter<T>()
        where T : class, IProjectOwned => row => Project == null || row.ProjectId == Project;

    private sealed class UtcTicks() : ValueConverter<DateTimeOffset, long>(at => at.UtcTicks, ticks => new DateTimeOffset(ticks, TimeSpan.Zero));
}

/// <summary>Maps the job tables.</summary>
internal static class JobsModel
{
    public static void AddJobs(this ModelBuilder model)
    {
        model.Entity<JobRow>(job =>
        {
            job.ToTable("jobs");
            job.HasKey(row => row.Id);
            job.Ignore(row => row.Originator);
            job.Property(row => row.State).HasConversion<string>().HasMaxLength(20);
            job.Property(row => row.Version).IsConcurrencyToken();
            job.HasIndex(row => new { row.ProjectId, row.Id });
            job.HasIndex(row => new { row.State, row.Id });
        });
        model.Entity<JobEventRow>(change =>
        {
            change.ToTable("job_events");
            change.HasKey(row => new { row.JobId, row.Sequence });
            change.Property(row => row.From).HasConversion<string>().HasMaxLength(20);
            change.Property(row => row.To).HasConversion<string>().HasMaxLength(20);
        });
        model.Entity<OutboxRow>(message =>
        {
            message.ToTable("outbox");
            message.HasKey(row => row.Id);
            message.HasIndex(row => row.LeaseUntil);
        });
        model.Entity<InboxRow>(inbox =>
        {
            inbox.ToTable("inbox");
            inbox.HasKey(row => new { row.Consumer, row.ObjectId });
            inbox.Property(row => row.Version).IsConcurrencyToken();
        });
        model.Entity<DeadLetterRow>(letter =>
        {
            letter.ToTable("dead_letters");
            letter.HasKey(row => row.Id);
            letter.HasIndex(row => new { row.Queue, row.MessageId }).IsUnique();
            letter.HasIndex(row => row.DueAt);
            letter.Property(row => row.Version).IsConcurrencyToken();
        });
        model.Entity<IdempotencyRow>(answer =>
        {
            answer.ToTable("idempotency");
            answer.HasKey(row => new { row.ProjectId, row.UserId, row.Route, row.Key });
            answer.HasIndex(row => row.CreatedAt);
        });
    }
}
