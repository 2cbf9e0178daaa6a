using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Jobs;
using InternPlatform.Models;
using InternPlatform.ServiceDefaults;
using MassTransit;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Models;

/// <summary>
/// Follows <see cref="ArtifactProduced"/>: keeps the lineage, and registers models. Artefact id and job id are the key, so a message that comes again
/// changes nothing; two deliveries at once meet in the unique index, and the later one is delivered again.
/// </summary>
internal sealed partial class RecordProduction(CatalogDb db, CatalogFiles files, Outbox<CatalogDb> outbox, TimeProvider time, ILogger<RecordProduction> logger)
    : IConsumer<ArtifactProduced>
{
    private const string ModelKind = "model";

    public async Task Consume(ConsumeContext<ArtifactProduced> context)
    {
        var produced = context.Message;
        await Production.WriteAsync(db, produced, time.GetUtcNow(), context.CancellationToken);
        if (produced.Kind == ModelKind && !await db.Models.AnyAsync(model => model.ArtifactId == produced.ArtifactId && model.JobId == produced.JobId, context.CancellationToken))
        {
            await RegisterAsync(produced, context.CancellationToken);
        }

        await db.SaveChangesAsync(context.CancellationToken);
    }

    private async Task RegisterAsync(ArtifactProduced produced, CancellationToken cancellationToken)
    {
        var newest = await db.Models.Where(model => model.ProjectId == produced.ProjectId && model.Name == produced.Name)
            .MaxAsync(model => (int?)model.Version, cancellationToken);
        var manifest = await files.Store.ReadManifestAsync(produced.ArtifactId, cancellationToken);
        var config = await ConfigAsync(manifest, produced.ArtifactId, cancellationToken);
        var row = new ModelRow
        {
            Id = Guid.CreateVersion7(),
            ProjectId = produced.ProjectId,
            Name = produced.Name,
            Version = (newest ?? 0) + 1,
            ArtifactId = produced.ArtifactId,
            Service = produced.Service,
            JobId = produced.JobId,
            CreatedAt = time.GetUtcNow(),
            Bytes = manifest.Files.Sum(file => file.Size),
            Parameters = config?.ParameterCount(),
            ContextLength = config?.ContextLength,
            FiguresJson = JsonSerializer.Serialize(produced.Figures, PlatformJson.Options),
        };
        db.Models.Add(row);
        outbox.Add(new ObjectChanged
        {
            Service = Problems.Service,
            Kind = ModelKind,
            ObjectId = row.Id,
            ProjectId = row.ProjectId,
            Name = row.Name,
            Path = ModelViews.Path(row.Id),
            Version = 1,
        });
        Log.Registered(logger, row.Name, row.Version, row.ArtifactId);
    }

    /// <summary>A model of a family that is not known here is registered, too, without its size and context.</summary>
    private async Task<ModelConfig?> ConfigAsync(Manifest manifest, string artifactId, CancellationToken cancellationToken)
    {
        if (manifest.Files.SingleOrDefault(file => file.Path == "config.json") is not { Size: < 1 << 20 } file)
        {
            return null;
        }

        await using var stream = await files.Store.OpenAsync(file.Digest, cancellationToken);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        try
        {
            return ModelConfig.Parse(bytes.ToArray());
        }
        catch (InvalidModelException e)
        {
            Log.UnknownConfig(logger, artifactId, e.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Registered model {ModelName} version {Version} at {ArtifactId}")]
        public static partial void Registered(ILogger logger, string modelName, int version, string artifactId);

        [LoggerMessage(LogLevel.Warning, "The config.json of {ArtifactId} is not understood: {Reason}")]
        public static partial void UnknownConfig(ILogger logger, string artifactId, string reason);
    }
}
