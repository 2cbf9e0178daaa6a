using InternPlatform.Jobs;
using InternPlatform.Pipelines;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Services.Tests.Pipelines;

public sealed class MigrationTests
{
    [Fact]
    public void Migrations_do_not_lag_behind_the_model()
    {
        using var sqlite = ServiceDatabase.ForDesign<PipelinesSqliteDb>();
        using var postgres = ServiceDatabase.ForDesign<PipelinesPostgresDb>();
        Assert.False(sqlite.Database.HasPendingModelChanges());
        Assert.False(postgres.Database.HasPendingModelChanges());
    }
}
