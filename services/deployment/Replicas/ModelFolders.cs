using InternPlatform.ServiceDefaults;

namespace InternPlatform.Deployment.Replicas;

/// <summary>Each deployment has its model as files of its own, under its id, so that removing one touches no other.</summary>
internal static class ModelFolders
{
    public static string Of(PlatformOptions platform, Guid deploymentId) => Path.Join(Root(platform), deploymentId.ToString());

    public static void Delete(PlatformOptions platform, Guid deploymentId)
    {
        if (Directory.Exists(Of(platform, deploymentId)))
        {
            Directory.Delete(Of(platform, deploymentId), recursive: true);
        }
    }

    /// <summary>What a host left behind that died while it deleted or fetched.</summary>
    public static void DeleteAllBut(PlatformOptions platform, IReadOnlySet<Guid> deployments)
    {
        foreach (var folder in Directory.Exists(Root(platform)) ? Directory.GetDirectories(Root(platform)) : [])
        {
            if (!Guid.TryParse(Path.GetFileName(folder), out var id) || !deployments.Contains(id))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static string Root(PlatformOptions platform) => Path.Join(platform.ServiceFolder(DeploymentService.Name), "models");
}
