using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Identity;

/// <summary>The model; the two derived contexts carry the migrations.</summary>
public class IdentityDb(DbContextOptions options) : DbContext(options)
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

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<UserRow>().HasIndex(user => user.Name).IsUnique();
        modelBuilder.Entity<ProjectRow>().HasIndex(project => project.Name).IsUnique();
        modelBuilder.Entity<MemberRow>(member =>
        {
            member.HasKey(row => new { row.ProjectId, row.UserId });
            member.HasOne<ProjectRow>().WithMany().HasForeignKey(row => row.ProjectId);
            member.HasOne<UserRow>().WithMany().HasForeignKey(row => row.UserId);
        });
        modelBuilder.Entity<ApiKeyRow>(key =>
        {
            key.HasIndex(row => row.Prefix);
            key.HasIndex(row => new { row.ProjectId, row.CreatedAt });
        });
        modelBuilder.Entity<SessionRow>().HasIndex(session => session.UserId);
        modelBuilder.Entity<OneTimeTokenRow>().HasIndex(token => token.Digest).IsUnique();
        modelBuilder.Entity<AuditRow>().HasIndex(entry => new { entry.ProjectId, entry.Id });
    }
}
