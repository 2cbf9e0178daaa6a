using InternPlatform.Contracts;
using InternPlatform.Contracts.Identity;

namespace InternPlatform.Portal.Clients;

/// <summary>The signed-in person, and API keys.</summary>
public sealed class IdentityClient(ServiceApi api)
{
    private const string Service = "identity";

    public Task<MeView> MeAsync(CancellationToken cancellationToken) =>
        api.GetAsync<MeView>(Service, "me", cancellationToken);

    public async Task<IReadOnlyList<ApiKeyView>> KeysAsync(CancellationToken cancellationToken) =>
        (await api.GetAsync<Page<ApiKeyView>>(Service, "keys?limit=100", cancellationToken)).Items;

    public Task<ApiKeyCreated> CreateKeyAsync(CreateApiKey key, Guid intent, CancellationToken cancellationToken) =>
        api.PostAsync<ApiKeyCreated>(Service, "keys", key, intent, cancellationToken);

    public Task RevokeKeyAsync(Guid id, CancellationToken cancellationToken) =>
        api.DeleteAsync(Service, $"keys/{id}", cancellationToken);
}
