using InternPlatform.Contracts.Pipelines;
using InternPlatform.Pipelines.Plans;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Pipelines;

/// <summary>What a run may begin with.</summary>
internal static class StartRules
{
    private const int MostCandidates = 8;

    public static ProblemHttpResult? Refuse(StartPipeline request) => request switch
    {
        _ when PipelinePlans.Find(request.Plan) is null => Problems.UnknownPlan(request.Plan),
        { TokenBudget: <= 0 } => Problems.BadBudget(request.TokenBudget.Value),
        { Seed: < 0 } => Problems.BadSeed(request.Seed),
        _ when UnknownThreshold(request) is { } name => Problems.UnknownThreshold(name),
        _ when request.Plan == Application.Plan.Name => RefuseDecisions(request.Application),
        _ => null,
    };

    private static ProblemHttpResult? RefuseDecisions(ApplicationPlan? plan) => plan switch
    {
        null => Problems.BadDecision("application", "The plan 'application' needs its decisions."),
        { CandidateArtifactIds.Count: 0 or > MostCandidates } => Problems.BadDecision("application.candidateArtifactIds", $"Name 1 to {MostCandidates} models to choose from."),
        { IsComplex: true, TuningArtifactIds.Count: 0 } => Problems.BadDecision("application.tuningArtifactIds", "A complex scenario is tuned for: name data sets of dialogues."),
        { Bits: not (null or 4 or 8) } => Problems.BadDecision("application.bits", $"Weights have 4 or 8 bits, or stay as they are; {plan.Bits} was given."),
        { GoodEnough: not (>= 0 and <= 1) } => Problems.BadDecision("application.goodEnough", "It is an average score, between 0 and 1."),
        { MustAct: true, Tools.Count: 0 } => Problems.BadDecision("application.tools", "An agent that must act needs a tool."),
        _ => null,
    };

    private static string? UnknownThreshold(StartPipeline request)
    {
        if (request.Thresholds is not { Count: > 0 } given || (request.Plan == Application.Plan.Name && RefuseDecisions(request.Application) is not null))
        {
            return null;
        }

        var gates = PipelinePlans.Get(request.Plan).Steps(request).OfType<GateStep>().Select(gate => gate.Name).ToHashSet(StringComparer.Ordinal);
        return given.Keys.FirstOrDefault(name => !gates.Contains(name));
    }
}
