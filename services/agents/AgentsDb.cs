using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Agents;

/// <summary>Jobs; the two derived contexts carry the migrations.</summary>
public class AgentsDb(DbContextOptions options) : JobsDbContext(options)
{
    protected override void Map(ModelBuilder model)
    {
    }
}

public sealed class AgentsSqliteDb(DbContextOptions<AgentsSqliteDb> options) : AgentsDb(options);

public sealed class AgentsPostgresDb(DbContextOptions<AgentsPostgresDb> options) : AgentsDb(options);

internal sealed class AgentsSqliteFactory : DesignTimeFactory<AgentsSqliteDb>;

internal sealed class AgentsPostgresFactory : DesignTimeFactory<AgentsPostgresDb>;
