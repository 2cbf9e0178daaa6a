using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Finetuning;

/// <summary>Jobs; the two derived contexts carry the migrations.</summary>
public class FinetuningDb(DbContextOptions options) : JobsDbContext(options)
{
    protected override void Map(ModelBuilder model)
    {
    }
}

public sealed class FinetuningSqliteDb(DbContextOptions<FinetuningSqliteDb> options) : FinetuningDb(options);

public sealed class FinetuningPostgresDb(DbContextOptions<FinetuningPostgresDb> options) : FinetuningDb(options);

internal sealed class FinetuningSqliteFactory : DesignTimeFactory<FinetuningSqliteDb>;

internal sealed class FinetuningPostgresFactory : DesignTimeFactory<FinetuningPostgresDb>;
