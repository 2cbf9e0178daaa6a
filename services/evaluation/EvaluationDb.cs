using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Evaluation;

/// <summary>Jobs; the two derived contexts carry the migrations.</summary>
public class EvaluationDb(DbContextOptions options) : JobsDbContext(options)
{
    protected override void Map(ModelBuilder model)
    {
    }
}

public sealed class EvaluationSqliteDb(DbContextOptions<EvaluationSqliteDb> options) : EvaluationDb(options);

public sealed class EvaluationPostgresDb(DbContextOptions<EvaluationPostgresDb> options) : EvaluationDb(options);

internal sealed class EvaluationSqliteFactory : DesignTimeFactory<EvaluationSqliteDb>;

internal sealed class EvaluationPostgresFactory : DesignTimeFactory<EvaluationPostgresDb>;
