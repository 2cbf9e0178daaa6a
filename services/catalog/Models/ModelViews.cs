using System.Text.Json;
using InternPlatform.Contracts.Catalog;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Catalog.Models;

/// <summary>A model as it is told.</summary>
internal static class ModelViews
{
    public static string Path(Guid modelId) => $"/models/{modelId}";

    public static ModelView ToView(this ModelRow model) => new()
    {
        Id = model.Id,
        Name = model.Name,
        Version = model.Version,
        ArtifactId = model.ArtifactId,
        Service = model.Service,
        JobId = model.JobId,
        CreatedAt = model.CreatedAt,
        Bytes = model.Bytes,
        Parameters = model.Parameters,
        ContextLength = model.ContextLength,
        Figures = JsonSerializer.Deserialize<Dictionary<string, double>>(model.FiguresJson, PlatformJson.Options)!,
    };
}
