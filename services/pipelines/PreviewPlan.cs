using InternPlatform.Contracts.Pipelines;
using InternPlatform.Pipelines.Plans;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Pipelines;

/// <summary><c>POST /api/pipelines/preview</c>: the steps that a run with this body would take. It starts nothing.</summary>
internal static class PreviewPlan
{
    public static void Map(IEndpointRouteBuilder pipelines) => pipelines.MapPost("/preview", Handle).RequireScope(Scopes.Read);

    public static Results<Ok<PlanView>, ProblemHttpResult> Handle(StartPipeline request)
    {
        if (StartRules.Refuse(request) is { } refusal)
        {
            return refusal;
        }

        var steps = PipelinePlans.Get(request.Plan).Steps(request);
        return TypedResults.Ok(new PlanView
        {
            Plan = request.Plan,
            Steps = [.. steps.Select((step, position) => new PlanStepView
            {
                Name = step.Name,
                Service = step.Service,
                IsGate = step is GateStep,
                After = step.After ?? (position == 0 ? [] : [steps[position - 1].Name]),
            })],
        });
    }
}
