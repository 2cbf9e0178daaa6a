using System.Text.Json;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Jobs;

namespace InternPlatform.Portal.Clients;

/// <summary>The job API that every service with long work has.</summary>
public sealed class JobsClient(ServiceApi api)
{
    /// <summary>Services with jobs, in the order of a model's life.</summary>
    public static IReadOnlyList<string> Services { get; } = ["catalog", "pretraining", "finetuning", "evaluation", "deployment"];

    public Task<Page<JobView>> ListAsync(string service, JobState? state, CancellationToken cancellationToken) =>
        api.GetAsync<Page<JobView>>(service, Query.Of("jobs", ("state", state?.ToString()), ("limit", "50")), cancellationToken);

    /// <summary>Newest first, over all services; a service that does not answer is named in <see cref="JobList.Missing"/>, not fatal.</summary>
    public async Task<JobList> ListAllAsync(JobState? state, CancellationToken cancellationToken)
    {
        var answers = await EachService.AskAsync(Services, (service, token) => ListAsync(service, state, token), cancellationToken);
        return new(
            [.. answers.SelectMany(answer => answer.Value?.Items ?? []).OrderByDescending(job => job.CreatedAt)],
            [.. answers.Where(answer => answer.Failure is not null).Select(answer => answer.Service)]);
    }

    public Task<JobView> GetAsync(string service, Guid id, CancellationToken cancellationToken) =>
        api.GetAsync<JobView>(service, $"jobs/{id}", cancellationToken);

    public Task<JobView> StartAsync<TSpec>(string service, string kind, string? name, TSpec spec, Guid intent, CancellationToken cancellationToken) =>
        api.PostAsync<JobView>(
            service,
            "jobs",
            new StartJob { Kind = kind, Name = name, Spec = JsonSerializer.SerializeToElement(spec, ServiceApi.Json) },
            intent,
            cancellationToken);

    /// <summary>The stored transitions, oldest first.</summary>
    public Task<IReadOnlyList<JobEventView>> TransitionsAsync(string service, Guid id, CancellationToken cancellationToken) =>
        api.GetAsync<IReadOnlyList<JobEventView>>(service, $"jobs/{id}/transitions", cancellationToken);

    /// <param name="verb"><c>pause</c>, <c>resume</c> or <c>cancel</c>.</param>
    public Task SteerAsync(string service, Guid id, string verb, Guid intent, CancellationToken cancellationToken) =>
        api.PostAsync(service, $"jobs/{id}/{verb}", intent, cancellationToken);
}

/// <summary>Jobs of several services, and the services that did not answer.</summary>
public sealed record JobList(IReadOnlyList<JobView> Jobs, IReadOnlyList<string> Missing);
