using InternPlatform.Jobs;
using InternPlatform.Evaluation;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Services.Tests.Evaluation;

public sealed class MigrationTests
{
    [Fact]
    public void Migrations_do_not_lag_behind_the_model()
    {
        using var sqlite = ServiceDatabase.ForDesign<EvaluationSqliteDb>();
        using var postgres = ServiceDatabase.ForDesign<EvaluationPostgresDb>();
        Assert.False(sqlite.Database.HasPendingModelChanges());
        Assert.False(postgres.Database.HasPendingModelChanges());
    }
}
