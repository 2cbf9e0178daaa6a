using InternPlatform.Contracts.Health;

namespace InternPlatform.Portal.Clients;

/// <summary>How every service is, for administrators.</summary>
public sealed class ServicesClient(ServiceApi api)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    public static IReadOnlyList<string> Services { get; } = ["identity", "catalog", "pretraining", "finetuning", "evaluation", "deployment", "agents", "pipelines"];

    /// <summary>A service that is away is part of the answer; only when none answers, as for somebody who may not ask, is that the error.</summary>
    public async Task<IReadOnlyList<ServiceRow>> ListAsync(CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(Services.Select(service => TryAsync(service, cancellationToken)));
        return answers.All(answer => answer.Failure is not null)
            ? throw answers[0].Failure!
            : [.. answers.Select(answer => new ServiceRow(answer.Service, answer.Health, answer.Failure?.Message))];
    }

    private async Task<(string Service, ServiceHealthView? Health, ApiException? Failure)> TryAsync(string service, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return (service, await api.GetAsync<ServiceHealthView>(service, "health", patience.Token), null);
        }
        catch (ApiException e)
        {
            return (service, null, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            return (service, null, ApiException.Unreachable(service, e));
        }
    }
}

/// <param name="Service">Its name.</param>
/// <param name="Health">Null where it did not answer.</param>
/// <param name="Failure">Why not.</param>
public sealed record ServiceRow(string Service, ServiceHealthView? Health, string? Failure);
