using InternPlatform.Jobs;
using InternPlatform.Pretraining;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Services.Tests.Pretraining;

public sealed class MigrationTests
{
    [Fact]
    public void Migrations_do_not_lag_behind_the_model()
    {
        using var sqlite = ServiceDatabase.ForDesign<PretrainingSqliteDb>();
        using var postgres = ServiceDatabase.ForDesign<PretrainingPostgresDb>();
        Assert.False(sqlite.Database.HasPendingModelChanges());
        Assert.False(postgres.Database.HasPendingModelChanges());
    }
}
