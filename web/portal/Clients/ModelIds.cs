using InternPlatform.Contracts.Deployment;

namespace InternPlatform.Portal.Clients;

/// <summary>A deployment's ids in <c>/v1</c>.</summary>
public static class ModelIds
{
    /// <summary>The model as it is, and with each adapter.</summary>
    public static IReadOnlyList<string> Of(DeploymentView deployment) => [deployment.Name, .. deployment.Adapters.Select(adapter => $"{deployment.Name}:{adapter.Name}")];
}
