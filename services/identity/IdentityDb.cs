using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Identity;

/// <summary>The model; the two derived contexts carry the migrations.</summary>
public class IdentityDb(DbContextOptions options) : JobsDbContext(options)
{
    public DbSet<UserRow> Users => Set<UserRow>();
    public DbSet<ProjectRow> Projects => Set<ProjectRow>();
    public DbSet<MemberRow> Members => Set<MemberRow>();
    public DbSet<ApiKeyRow> ApiKeys => Set<ApiKeyRow>();
    public DbSet<SessionRow> Sessions => Set<SessionRow>();
    public DbSet<OneTimeTokenRow> OneTimeTokens => Set<OneTimeTokenRow>();
    public DbSet<AuditRow> Audit => Set<AuditRow>();

    /// <summary>Every mutation leaves a line, in the same transaction.</summary>
    public void Record(Caller caller, TimeProvider time, string action, string? target) =>
        Audit.Add(new AuditRow(Guid.CreateVersion7(time.GetUtcNow()), time.GetUtcNow(), caller.ProjectId, caller.UserName, action, target));

    protected override void Map(ModelBuilder model)
    {
        model.Entity<UserRow>().ToTable("users").HasIndex(user => user.Name).IsUnique();
        model.Entity<ProjectRow>().ToTable("projects").HasIndex(project => project.Name).IsUnique();
        model.Entity<MemberRow>(member =>
        {
            member.ToTable("members");
            member.HasKey(row => new { row.ProjectId, row.UserId });
            member.HasOne<ProjectRow>().WithMany().HasForeignKey(row => row.ProjectId);
            member.HasOne<UserRow>().WithMany().HasForeignKey(row => row.UserId);
        });
        model.Entity<ApiKeyRow>(key =>
        {
            key.ToTable("api_keys");
            key.HasIndex(row => row.Prefix);
            key.HasIndex(row => new { row.ProjectId, row.CreatedAt });
        });
        model.Entity<SessionRow>().ToTable("sessions").HasIndex(session => session.UserId);
        model.Entity<OneTimeTokenRow>().ToTable("one_time_tokens").HasIndex(token => token.Digest).IsUnique();
        model.Entity<AuditRow>().ToTable("audit").HasIndex(entry => new { entry.ProjectId, entry.Id });
    }
}

public sealed class IdentitySqliteDb(DbContextOptions<IdentitySqliteDb> options) : IdentityDb(options);

public sealed class IdentityPostgresDb(DbContextOptions<IdentityPostgresDb> options) : IdentityDb(options);

internal sealed class IdentitySqliteFactory : DesignTimeFactory<IdentitySqliteDb>;

internal sealed class IdentityPostgresFactory : DesignTimeFactory<IdentityPostgresDb>;
