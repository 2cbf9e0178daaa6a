using InternPlatform.Contracts.Health;

namespace InternPlatform.Portal.Clients;

/// <summary>How every service is, for administrators.</summary>
public sealed class ServicesClient(ServiceApi api)
{
    public static IReadOnlyList<string> Services { get; } = ["identity", "catalog", "pretraining", "finetuning", "evaluation", "deployment", "agents", "pipelines"];

    public async Task<IReadOnlyList<ServiceRow>> ListAsync(CancellationToken cancellationToken)
    {
        var answers = await EachService.AskAsync(Services, (service, token) => api.GetAsync<ServiceHealthView>(service, "health", token), cancellationToken);
        return [.. answers.Select(answer => new ServiceRow(answer.Service, answer.Value, answer.Failure?.Message))];
    }
}

/// <param name="Service">Its name.</param>
/// <param name="Health">Null where it did not answer.</param>
/// <param name="Failure">Why not.</param>
public sealed record ServiceRow(string Service, ServiceHealthView? Health, string? Failure);
