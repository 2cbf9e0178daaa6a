using InternPlatform.Artifacts;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Catalog;

/// <summary>Where catalog's bytes are: the artefact store, and the folder of uploads on their way in.</summary>
internal sealed class CatalogFiles(IArtifactStore store, PlatformOptions options, TimeProvider time)
{
    public IArtifactStore Store => store;
    public UploadArea Uploads { get; } = new(Path.Join(options.ServiceFolder(Problems.Service), "uploads"), time);

    /// <summary>Keeps an upload's blob.</summary>
    public static string UploadReference(Guid uploadId) => $"catalog/uploads/{uploadId}";

    /// <summary>Keeps what a job made. Written by the job before its row says that it succeeded.</summary>
    public static string JobReference(Guid jobId) => $"catalog/jobs/{jobId}";
}
