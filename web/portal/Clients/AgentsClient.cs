using InternPlatform.Contracts;
using InternPlatform.Contracts.Agents;

namespace InternPlatform.Portal.Clients;

/// <summary>Agents, their tools, and their runs.</summary>
public sealed class AgentsClient(ServiceApi api)
{
    private const string Service = "agents";

    public Task<Page<AgentView>> ListAsync(string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<AgentView>>(Service, Query.Of("agents", ("cursor", cursor), ("limit", "30")), cancellationToken);

    public Task<AgentView> GetAsync(string idOrName, CancellationToken cancellationToken) =>
        api.GetAsync<AgentView>(Service, $"agents/{Uri.EscapeDataString(idOrName)}", cancellationToken);

    public Task<IReadOnlyList<ToolView>> ToolsAsync(CancellationToken cancellationToken) =>
        api.GetAsync<IReadOnlyList<ToolView>>(Service, "tools", cancellationToken);

    public Task<AgentView> CreateAsync(CreateAgent agent, Guid intent, CancellationToken cancellationToken) =>
        api.PostAsync<AgentView>(Service, "agents", agent, intent, cancellationToken);

    public Task DeleteAsync(Guid id, CancellationToken cancellationToken) =>
        api.DeleteAsync(Service, $"agents/{id}", cancellationToken);

    public Task<Page<AgentRunView>> RunsAsync(Guid agent, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<AgentRunView>>(Service, Query.Of($"agents/{agent}/runs", ("cursor", cursor), ("limit", "20")), cancellationToken);

    public Task<AgentRunView> RunAsync(Guid run, CancellationToken cancellationToken) =>
        api.GetAsync<AgentRunView>(Service, $"runs/{run}", cancellationToken);

    public Task<AgentRunView> AskAsync(Guid agent, string question, Guid intent, CancellationToken cancellationToken) =>
        api.PostAsync<AgentRunView>(Service, $"agents/{agent}/runs", new StartAgentRun { Question = question }, intent, cancellationToken);

    public Task CancelAsync(Guid run, Guid intent, CancellationToken cancellationToken) =>
        api.PostAsync(Service, $"runs/{run}/cancel", intent, cancellationToken);
}
