using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Pipelines;

/// <summary>Runs and their steps, and the outbox; the two derived contexts carry the migrations.</summary>
public class PipelinesDb(DbContextOptions options) : DbContext(options), IJobsDb
{
    public DbSet<PipelineRunRow> Runs => Set<PipelineRunRow>();
    public DbSet<OutboxRow> Outbox => Set<OutboxRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddJobs();
        modelBuilder.Entity<PipelineRunRow>(run =>
        {
            run.ToTable("Runs");
            run.Property(row => row.Version).IsConcurrencyToken();
            run.HasIndex(row => new { row.ProjectId, row.Name }).IsUnique();
            run.HasIndex(row => row.State);
            run.HasMany(row => row.Steps).WithOne().HasForeignKey(step => step.RunId);
        });
        modelBuilder.Entity<StepRow>(step =>
        {
            step.ToTable("Steps");
            step.HasIndex(row => new { row.RunId, row.Position }).IsUnique();
        });
    }
}

public sealed class PipelinesSqliteDb(DbContextOptions<PipelinesSqliteDb> options) : PipelinesDb(options);

public sealed class PipelinesPostgresDb(DbContextOptions<PipelinesPostgresDb> options) : PipelinesDb(options);
