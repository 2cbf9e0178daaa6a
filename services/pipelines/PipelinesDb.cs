using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Pipelines;

/// <summary>Runs and their steps, and the outbox; the two derived contexts carry the migrations.</summary>
public class PipelinesDb(DbContextOptions options) : JobsDbContext(options)
{
    public DbSet<PipelineRunRow> Runs => Set<PipelineRunRow>();

    protected override void Map(ModelBuilder model)
    {
        model.Entity<PipelineRunRow>(run =>
        {
            run.ToTable("runs");
            run.Property(row => row.Version).IsConcurrencyToken();
            run.HasIndex(row => new { row.ProjectId, row.Name }).IsUnique();
            run.HasIndex(row => row.State);
            run.HasMany(row => row.Steps).WithOne().HasForeignKey(step => step.RunId);
        });
        model.Entity<StepRow>(step =>
        {
            step.ToTable("steps");
            step.HasIndex(row => new { row.RunId, row.Position }).IsUnique();
        });
    }
}

public sealed class PipelinesSqliteDb(DbContextOptions<PipelinesSqliteDb> options) : PipelinesDb(options);

public sealed class PipelinesPostgresDb(DbContextOptions<PipelinesPostgresDb> options) : PipelinesDb(options);

internal sealed class PipelinesSqliteFactory : DesignTimeFactory<PipelinesSqliteDb>;

internal sealed class PipelinesPostgresFactory : DesignTimeFactory<PipelinesPostgresDb>;
