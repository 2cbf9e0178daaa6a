using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Pretraining;

/// <summary>Nothing but jobs: what they make lives in the artefact store and in catalog.</summary>
public class PretrainingDb(DbContextOptions options) : JobsDbContext(options)
{
    protected override void Map(ModelBuilder model)
    {
    }
}

public sealed class PretrainingSqliteDb(DbContextOptions<PretrainingSqliteDb> options) : PretrainingDb(options);

public sealed class PretrainingPostgresDb(DbContextOptions<PretrainingPostgresDb> options) : PretrainingDb(options);

internal sealed class PretrainingSqliteFactory : DesignTimeFactory<PretrainingSqliteDb>;

internal sealed class PretrainingPostgresFactory : DesignTimeFactory<PretrainingPostgresDb>;
