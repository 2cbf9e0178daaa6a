using InternPlatform.Jobs;
using InternPlatform.Finetuning;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Services.Tests.Finetuning;

public sealed class MigrationTests
{
    [Fact]
    public void Migrations_do_not_lag_behind_the_model()
    {
        using var sqlite = ServiceDatabase.ForDesign<FinetuningSqliteDb>();
        using var postgres = ServiceDatabase.ForDesign<FinetuningPostgresDb>();
        Assert.False(sqlite.Database.HasPendingModelChanges());
        Assert.False(postgres.Database.HasPendingModelChanges());
    }
}
