using InternPlatform.Contracts;
using InternPlatform.Contracts.Deployment;

namespace InternPlatform.Portal.Clients;

/// <summary>Models that answer.</summary>
public sealed class DeploymentClient(ServiceApi api)
{
    private const string Service = "deployment";

    public async Task<IReadOnlyList<DeploymentView>> ListAsync(CancellationToken cancellationToken) =>
        (await api.GetAsync<Page<DeploymentView>>(Service, "deployments?limit=100", cancellationToken)).Items;

    public Task<DeploymentView> CreateAsync(CreateDeployment deployment, Guid intent, CancellationToken cancellationToken) =>
        api.PostAsync<DeploymentView>(Service, "deployments", deployment, intent, cancellationToken);

    public Task DeleteAsync(Guid id, CancellationToken cancellationToken) =>
        api.DeleteAsync(Service, $"deployments/{id}", cancellationToken);
}
