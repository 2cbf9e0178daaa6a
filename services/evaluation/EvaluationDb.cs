using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Evaluation;

/// <summary>Jobs, and the scores of those that have ended; the two derived contexts carry the migrations.</summary>
public class EvaluationDb(DbContextOptions options) : JobsDbContext(options)
{
    public DbSet<EvaluationRow> Evaluations => Set<EvaluationRow>();

    protected override void Map(ModelBuilder model)
    {
        model.Entity<EvaluationRow>(evaluation =>
        {
            evaluation.ToTable("evaluations");
            evaluation.HasKey(row => row.JobId);
            evaluation.HasIndex(row => new { row.ProjectId, row.At });
            evaluation.HasMany(row => row.Scores).WithOne().HasForeignKey(score => score.JobId);
        });
        model.Entity<ScoreRow>(score =>
        {
            score.ToTable("scores");
            score.HasKey(row => new { row.JobId, row.Position });
        });
    }
}

public sealed class EvaluationSqliteDb(DbContextOptions<EvaluationSqliteDb> options) : EvaluationDb(options);

public sealed class EvaluationPostgresDb(DbContextOptions<EvaluationPostgresDb> options) : EvaluationDb(options);

internal sealed class EvaluationSqliteFactory : DesignTimeFactory<EvaluationSqliteDb>;

internal sealed class EvaluationPostgresFactory : DesignTimeFactory<EvaluationPostgresDb>;
