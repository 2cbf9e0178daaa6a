using InternPlatform.Contracts;
using InternPlatform.Contracts.Jobs;

namespace InternPlatform.Portal.Clients;

/// <summary>Messages between services that could not be handled.</summary>
public sealed class DeadLettersClient(ServiceApi api)
{
    /// <summary>Services that listen to others.</summary>
    private static readonly string[] Services = ["catalog", "pipelines"];

    /// <summary>Newest first; a service that does not answer is named, not fatal.</summary>
    public async Task<DeadLetterList> ListAsync(CancellationToken cancellationToken)
    {
        var answers = await EachService.AskAsync(Services, (service, token) => api.GetAsync<Page<DeadLetterView>>(service, "dead-letters?limit=200", token), cancellationToken);
        return new(
            [.. answers.SelectMany(answer => answer.Value?.Items ?? []).OrderByDescending(letter => letter.LastAt)],
            [.. answers.Where(answer => answer.Failure is not null).Select(answer => answer.Service)]);
    }

    public Task ReplayAsync(DeadLetterView letter, CancellationToken cancellationToken) =>
        api.PostAsync(letter.Service, $"dead-letters/{letter.Id}/replay", Guid.CreateVersion7(), cancellationToken);

    public Task ReplayAllAsync(string service, CancellationToken cancellationToken) =>
        api.PostAsync(service, "dead-letters/replay", Guid.CreateVersion7(), cancellationToken);

    public Task DiscardAsync(DeadLetterView letter, CancellationToken cancellationToken) =>
        api.DeleteAsync(letter.Service, $"dead-letters/{letter.Id}", cancellationToken);
}

/// <summary>Undelivered messages, and the services that did not answer.</summary>
public sealed record DeadLetterList(IReadOnlyList<DeadLetterView> Letters, IReadOnlyList<string> Missing);
