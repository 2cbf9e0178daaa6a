using InternPlatform.Jobs;
using InternPlatform.Agents;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Services.Tests.Agents;

public sealed class MigrationTests
{
    [Fact]
    public void Migrations_do_not_lag_behind_the_model()
    {
        using var sqlite = ServiceDatabase.ForDesign<AgentsSqliteDb>();
        using var postgres = ServiceDatabase.ForDesign<AgentsPostgresDb>();
        Assert.False(sqlite.Database.HasPendingModelChanges());
        Assert.False(postgres.Database.HasPendingModelChanges());
    }
}
