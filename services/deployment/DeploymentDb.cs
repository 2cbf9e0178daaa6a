using System.Text.Json;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Deployment;

/// <summary>Deployments, jobs and the outbox; the two derived contexts carry the migrations.</summary>
public class DeploymentDb(DbContextOptions options) : JobsDbContext(options)
{
    public DbSet<DeploymentRow> Deployments => Set<DeploymentRow>();

    protected override void Map(ModelBuilder model) => model.Entity<DeploymentRow>(deployment =>
    {
        deployment.ToTable("deployments");
        deployment.HasKey(row => row.Id);
        deployment.Property(row => row.Name).HasMaxLength(DeploymentRow.MaxNameLength);
        deployment.Property(row => row.State).HasConversion<string>().HasMaxLength(20);
        deployment.Property(row => row.Version).IsConcurrencyToken();
        deployment.Property(row => row.DraftArtifactId).HasMaxLength(64);
        deployment.HasIndex(row => new { row.ProjectId, row.Name }).IsUnique();
    });
}

public sealed class DeploymentSqliteDb(DbContextOptions<DeploymentSqliteDb> options) : DeploymentDb(options);

public sealed class DeploymentPostgresDb(DbContextOptions<DeploymentPostgresDb> options) : DeploymentDb(options);

internal sealed class DeploymentSqliteFactory : DesignTimeFactory<DeploymentSqliteDb>;

internal sealed class DeploymentPostgresFactory : DesignTimeFactory<DeploymentPostgresDb>;

/// <summary>A model under a name. The request makes and deletes the row; in between only the supervisor changes it.</summary>
public sealed class DeploymentRow : IProjectOwned
{
    public const int MaxNameLength = 64;

    public required Guid Id { get; init; }
    public required Guid ProjectId { get; init; }

    /// <summary>The model id in <c>/v1</c>; unique in the project.</summary>
    public required string Name { get; init; }
    public required string ModelArtifactId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Bits of a cached key or value.</summary>
    public int CacheBits { get; init; } = 32;
    public string? DraftArtifactId { get; init; }

    /// <summary><see cref="Adapters"/> as JSON.</summary>
    public string AdaptersJson { get; init; } = "[]";
    public DeploymentState State { get; set; } = DeploymentState.Starting;
    public string? Problem { get; set; }
    public int Restarts { get; set; }
    public int? ContextLength { get; set; }
    public long? Parameters { get; set; }
    public long? PlannedBytes { get; set; }
    public string? Template { get; set; }

    /// <summary>Bits of a weight inside the layers.</summary>
    public int? WeightBits { get; set; }

    /// <summary>The checkpoint's <c>quant_method</c>; null: the weights are floats.</summary>
    public string? Quantization { get; set; }

    /// <summary>What the model can do, separated by commas.</summary>
    public string? Capabilities { get; set; }

    public IReadOnlyList<ServedAdapter> Adapters() => JsonSerializer.Deserialize<IReadOnlyList<ServedAdapter>>(AdaptersJson, PlatformJson.Options)!;

    /// <summary>Everything that it is served from, by the name under which the store keeps it for this deployment.</summary>
    public IEnumerable<(string Reference, string ArtifactId)> Artifacts()
    {
        var name = $"deployment/deployments/{Id}";
        var parts = Adapters().Select(adapter => ($"{name}/adapters/{adapter.Name}", adapter.ArtifactId));
        return [(name, ModelArtifactId), .. DraftArtifactId is null ? [] : new[] { ($"{name}/draft", DraftArtifactId) }, .. parts];
    }

    /// <summary>Rises with every change; the version of the object in the index.</summary>
    public long Version { get; set; } = 1;
}
