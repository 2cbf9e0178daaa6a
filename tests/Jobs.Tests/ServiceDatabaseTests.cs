using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Jobs.Tests;

public sealed class ServiceDatabaseTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Neither_set_of_migrations_lags_behind_the_model()
    {
        Assert.False(ServiceDatabase.ForDesign<TestSqliteDb>().Database.HasPendingModelChanges());
        Assert.False(ServiceDatabase.ForDesign<TestPostgresDb>().Database.HasPendingModelChanges());
    }

    [Fact]
    public async Task Several_processes_may_migrate_at_once_even_after_one_was_killed_at_it()
    {
        await using var database = new TestDatabase();
        await database.MigrateAsync(Cancel);
        await using (var db = database.Open())
        {
            // What EF's own lock looks like after a kill: nobody will ever take this row away.
            await db.Database.ExecuteSqlRawAsync("""INSERT OR REPLACE INTO "__EFMigrationsLock" ("Id", "Timestamp") VALUES (1, '2026-01-01')""", Cancel);
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => database.MigrateAsync(Cancel), Cancel))).WaitAsync(TimeSpan.FromSeconds(20), Cancel);

        await using var after = database.Open();
        Assert.Empty(await after.Database.GetPendingMigrationsAsync(Cancel));
        Assert.Equal("wal", await after.Database.SqlQueryRaw<string>("""SELECT journal_mode AS "Value" FROM pragma_journal_mode""").SingleAsync(Cancel));
    }

    [Fact]
    public async Task A_context_with_a_project_sees_no_other_projects_rows()
    {
        await using var database = new TestDatabase();
        await database.MigrateAsync(Cancel);
        var (mine, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(8)).ToUniversalTime();
        await using (var db = database.Open())
        {
            db.Things.AddRange(Thing(mine, now), Thing(other, now.AddTicks(1)));
            await db.SaveChangesAsync(Cancel);
        }

        await using var all = database.Open();
        await using var one = database.Open();
        await using var none = database.Open();
        one.Project = mine;
        none.Project = Guid.Empty;

        Assert.Equal([now, now.AddTicks(1)], await all.Things.OrderBy(row => row.At).Select(row => row.At).ToListAsync(Cancel));
        Assert.Equal(mine, (await one.Things.SingleAsync(Cancel)).ProjectId);
        Assert.Empty(await none.Things.ToListAsync(Cancel));
    }

    private static ThingRow Thing(Guid project, DateTimeOffset at) => new() { Id = Guid.CreateVersion7(), ProjectId = project, Name = "thing", JobId = Guid.Empty, At = at };
}
