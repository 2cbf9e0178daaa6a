using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog;

/// <summary>Catalog's own database: uploads, data sets, models, lineage, the index of all objects, and its jobs.</summary>
internal abstract class CatalogDb(DbContextOptions options) : JobsDbContext(options)
{
    public DbSet<UploadRow> Uploads => Set<UploadRow>();
    public DbSet<DatasetRow> Datasets => Set<DatasetRow>();
    public DbSet<DatasetVersionRow> DatasetVersions => Set<DatasetVersionRow>();
    public DbSet<ModelRow> Models => Set<ModelRow>();
    public DbSet<ProducedRow> Produced => Set<ProducedRow>();
    public DbSet<LineageEdgeRow> LineageEdges => Set<LineageEdgeRow>();
    public DbSet<ObjectRow> Objects => Set<ObjectRow>();

    protected override void Map(ModelBuilder model)
    {
        model.Entity<UploadRow>().HasKey(upload => upload.Id);
        model.Entity<DatasetRow>(dataset =>
        {
            dataset.HasKey(row => row.Id);
            dataset.HasIndex(row => new { row.ProjectId, row.Name }).IsUnique();
            dataset.Property(row => row.Stamp).IsConcurrencyToken();
            dataset.HasMany(row => row.Versions).WithOne().HasForeignKey(version => version.DatasetId);
        });
        model.Entity<DatasetVersionRow>(version =>
        {
            version.HasKey(row => new { row.DatasetId, row.Version });
            version.HasIndex(row => row.JobId).IsUnique();
            version.HasIndex(row => row.ArtifactId);
        });
        model.Entity<ModelRow>(named =>
        {
            named.HasKey(row => row.Id);
            named.HasIndex(row => new { row.ProjectId, row.Name, row.Version }).IsUnique();
            named.HasIndex(row => new { row.ArtifactId, row.JobId }).IsUnique();
        });
        model.Entity<ProducedRow>(produced =>
        {
            produced.HasKey(row => new { row.ArtifactId, row.JobId });
            produced.HasIndex(row => row.ProjectId);
        });
        model.Entity<LineageEdgeRow>(edge =>
        {
            edge.HasKey(row => new { row.ProjectId, row.FromArtifactId, row.ToArtifactId });
            edge.HasIndex(row => new { row.ProjectId, row.ToArtifactId });
        });
        model.Entity<ObjectRow>(item =>
        {
            item.HasKey(row => new { row.Service, row.Kind, row.ObjectId });
            item.Property(row => row.Version).IsConcurrencyToken();
            item.HasIndex(row => new { row.ProjectId, row.UpdatedAt });
        });
    }
}

internal sealed class CatalogSqliteDb(DbContextOptions<CatalogSqliteDb> options) : CatalogDb(options);

internal sealed class CatalogPostgresDb(DbContextOptions<CatalogPostgresDb> options) : CatalogDb(options);

internal sealed class CatalogSqliteFactory : DesignTimeFactory<CatalogSqliteDb>;

internal sealed class CatalogPostgresFactory : DesignTimeFactory<CatalogPostgresDb>;
