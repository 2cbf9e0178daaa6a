using InternPlatform.Contracts;
using InternPlatform.Contracts.Pipelines;

namespace InternPlatform.Portal.Clients;

/// <summary>Durable plans over several services; the tour is one of them.</summary>
public sealed class PipelinesClient(ServiceApi api)
{
    private const string Service = "pipelines";

    public Task<Page<PipelineRunView>> ListAsync(string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<PipelineRunView>>(Service, Query.Of("runs", ("cursor", cursor), ("limit", "30")), cancellationToken);

    public Task<PipelineRunView> GetAsync(string id, CancellationToken cancellationToken) =>
        api.GetAsync<PipelineRunView>(Service, $"runs/{Uri.EscapeDataString(id)}", cancellationToken);

    public Task<PipelineRunView> StartAsync(StartPipeline plan, Guid intent, CancellationToken cancellationToken) =>
        api.PostAsync<PipelineRunView>(Service, "runs", plan, intent, cancellationToken);

    /// <summary>The steps that a run would take; starts nothing.</summary>
    public Task<PlanView> PreviewAsync(StartPipeline plan, CancellationToken cancellationToken) =>
        api.PostAsync<PlanView>(Service, "preview", plan, Guid.CreateVersion7(), cancellationToken);

    public Task CancelAsync(Guid id, Guid intent, CancellationToken cancellationToken) =>
        api.PostAsync(Service, $"runs/{id}/cancel", intent, cancellationToken);

    /// <summary>Goes on from the step that failed; what succeeded stays.</summary>
    public Task GoOnAsync(Guid id, Guid intent, CancellationToken cancellationToken) =>
        api.PostAsync(Service, $"runs/{id}/retry", intent, cancellationToken);
}
