using InternPlatform.Agents.Runs;
using InternPlatform.Agents.Tools;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Agents;

/// <summary>Agents and their tools; they reach models over the HTTP API only.</summary>
public static class AgentsService
{
    public const string Name = "agents";

    public static PlatformService Definition { get; } = new(Name, AddServices, _ => { }, MapEndpoints);

    private static void AddServices(IHostApplicationBuilder builder)
    {
        builder.AddServiceDatabase<AgentsDb, AgentsSqliteDb, AgentsPostgresDb>(Name);
        builder.AddOutbox<AgentsDb>();
        builder.AddArtifacts();
        builder.Services.AddOptions<AgentsOptions>().BindConfiguration(AgentsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<IAgentTool, Calculator>().AddSingleton<IAgentTool, DatasetLookup>().AddSingleton<ToolRegistry>();
        builder.Services.AddSingleton<AgentModels>().AddSingleton<RunWatch>();
        builder.Services.AddScoped<RunStore>().AddScoped<RunDrive>();
        builder.Services.AddSingleton<AgentEngine>();
        if (PlatformOptions.Of(builder).Works)
        {
            builder.Services.AddHostedService(services => services.GetRequiredService<AgentEngine>());
        }
    }

    private static void MapEndpoints(IEndpointRouteBuilder agents)
    {
        CreateAgents.Map(agents);
        ReadAgents.Map(agents);
        DeleteAgents.Map(agents);
        ListTools.Map(agents);
        StartRun.Map(agents);
        ReadRuns.Map(agents);
        CancelRun.Map(agents);
        WatchRun.Map(agents);
    }
}
