using InternPlatform.Agents.Tools;
using InternPlatform.Contracts.Agents;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Agents;

/// <summary><c>GET /api/agents/tools</c>: what agents may call, with the schema of the arguments.</summary>
internal static class ListTools
{
    public static void Map(IEndpointRouteBuilder agents) => agents.MapGet("/tools", Handle);

    private static Ok<IReadOnlyList<ToolView>> Handle(ToolRegistry tools) => TypedResults.Ok<IReadOnlyList<ToolView>>([.. tools.All.Select(Views.ToView)]);
}
