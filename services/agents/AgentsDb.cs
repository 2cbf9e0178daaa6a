using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Agents;

/// <summary>Agents, their runs and the steps of these; the two derived contexts carry the migrations.</summary>
public class AgentsDb(DbContextOptions options) : JobsDbContext(options)
{
    public DbSet<AgentRow> Agents => Set<AgentRow>();
    public DbSet<AgentRunRow> Runs => Set<AgentRunRow>();
    public DbSet<AgentStepRow> Steps => Set<AgentStepRow>();

    protected override void Map(ModelBuilder model)
    {
        model.Entity<AgentRow>(agent =>
        {
            agent.ToTable("agents");
            agent.HasIndex(row => new { row.ProjectId, row.Name }).IsUnique();
        });
        model.Entity<AgentRunRow>(run =>
        {
            run.ToTable("runs");
            run.Ignore(row => row.Originator).Ignore(row => row.Problem);
            run.Property(row => row.State).HasConversion<string>().HasMaxLength(20);
            run.Property(row => row.Version).IsConcurrencyToken();
            run.HasIndex(row => row.State);
            run.HasOne(row => row.Agent).WithMany().HasForeignKey(row => row.AgentId).OnDelete(DeleteBehavior.Cascade);
            run.HasMany(row => row.Steps).WithOne().HasForeignKey(step => step.RunId).OnDelete(DeleteBehavior.Cascade);
        });
        model.Entity<AgentStepRow>(step =>
        {
            step.ToTable("steps");
            step.HasKey(row => new { row.RunId, row.Number });
            step.Ignore(row => row.Reply);
        });
    }
}

public sealed class AgentsSqliteDb(DbContextOptions<AgentsSqliteDb> options) : AgentsDb(options);

public sealed class AgentsPostgresDb(DbContextOptions<AgentsPostgresDb> options) : AgentsDb(options);

internal sealed class AgentsSqliteFactory : DesignTimeFactory<AgentsSqliteDb>;

internal sealed class AgentsPostgresFactory : DesignTimeFactory<AgentsPostgresDb>;
