using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Jobs.Tests;

/// <summary>A service's database: what its jobs make, and what a consumer counts.</summary>
public class TestDb(DbContextOptions options) : JobsDbContext(options)
{
    public DbSet<ThingRow> Things => Set<ThingRow>();

    public DbSet<EffectRow> Effects => Set<EffectRow>();

    protected override void Map(ModelBuilder model)
    {
        model.Entity<ThingRow>(thing =>
        {
            thing.ToTable("things");
            thing.HasIndex(row => new { row.ProjectId, row.Name }).IsUnique();
        });
        model.Entity<EffectRow>().ToTable("effects");
    }
}

public sealed class TestSqliteDb(DbContextOptions<TestSqliteDb> options) : TestDb(options);

public sealed class TestPostgresDb(DbContextOptions<TestPostgresDb> options) : TestDb(options);

internal sealed class TestSqliteFactory : DesignTimeFactory<TestSqliteDb>;

internal sealed class TestPostgresFactory : DesignTimeFactory<TestPostgresDb>;

public sealed class ThingRow : IProjectOwned
{
    public required Guid Id { get; init; }
    public required Guid ProjectId { get; init; }
    public required string Name { get; init; }
    public required Guid JobId { get; init; }
    public required DateTimeOffset At { get; init; }
}

public sealed class EffectRow
{
    public required Guid Id { get; init; }
    public required Guid JobId { get; init; }
    public required long Sequence { get; init; }
}
