using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Agents;

/// <summary>Agents and their tools; they reach models over the HTTP API only.</summary>
public static class AgentsService
{
    public const string Name = "agents";

    private static readonly JobKinds<AgentsDb> Kinds = new(Name);

    public static PlatformService Definition { get; } = new(Name, AddServices, _ => { }, MapEndpoints)
    {
        Children = new Dictionary<string, ChildMain> { ["job"] = Kinds.RunChildAsync },
    };

    private static void AddServices(IHostApplicationBuilder builder)
    {
        builder.AddServiceDatabase<AgentsDb, AgentsSqliteDb, AgentsPostgresDb>(Name);
        builder.AddJobs(Kinds);
    }

    private static void MapEndpoints(IEndpointRouteBuilder agents) => agents.MapJobs(Kinds);
}
