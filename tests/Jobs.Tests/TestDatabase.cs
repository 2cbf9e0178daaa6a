using InternPlatform.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace InternPlatform.Jobs.Tests;

/// <summary>A SQLite file of the test service, without a host.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ServiceProvider services;

    public TestDatabase()
    {
        File = Path.Join(folder.Path, "tests.db");
        services = new ServiceCollection()
            .AddDbContext<TestSqliteDb>(options => options.UseSqlite($"Data Source={File};Pooling=False"))
            .AddScoped<TestDb>(scope => scope.GetRequiredService<TestSqliteDb>())
            .BuildServiceProvider();
    }

    public string File { get; }

    public IServiceScopeFactory Scopes => services.GetRequiredService<IServiceScopeFactory>();

    public TestSqliteDb Open() => new(new DbContextOptionsBuilder<TestSqliteDb>().UseSqlite($"Data Source={File};Pooling=False").Options);

    public Task MigrateAsync(CancellationToken cancellationToken)
        => new DatabaseMigrator<TestDb>(Scopes, new DatabaseReady<TestDb>(), File + ".lock").StartAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        folder.Dispose();
    }
}
