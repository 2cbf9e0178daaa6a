using System.Globalization;
using System.Text.Json;
using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Pipelines.Engine;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Pipelines.Plans;

/// <summary>From a model to an application: the decisions of <see cref="ApplicationPlan"/> as steps and gates.</summary>
internal static class Application
{
    private const string Scenario = "gate-scenario";

    public static PipelinePlan Plan { get; } = new("application", Steps, Results);

    private static IReadOnlyList<PlanStep> Steps(StartPipeline input)
    {
        var plan = Decisions(input);
        var candidates = Enumerable.Range(0, plan.CandidateArtifactIds.Count).ToArray();
        return
        [
            .. candidates.SelectMany(Candidate),
            new GateStep { Name = "choose-base", Service = PipelinesService.Name, After = [.. candidates.Select(EvaluateCandidate)], Decide = ChooseBase },
            .. plan.IsComplex ? Tuning() : [],
            Gates.AtLeast(Scenario, "average", plan.GoodEnough, Score, Advice(plan), backTo: plan.IsComplex ? "tune" : null),
            .. plan.Bits is null ? Array.Empty<PlanStep>() : [ChainSteps.Quantize("quantize", Quantize)],
            DeployStep.Of("deploy", facts => new() { Name = facts.RunName, ModelArtifactId = Final(facts) }),
            .. plan.MustAct ? Acting(plan) : [],
        ];
    }

    private static IEnumerable<PlanStep> Candidate(int number) =>
    [
        DeployStep.Of($"deploy-candidate-{number + 1}", facts => new() { Name = $"{facts.RunName}-candidate-{number + 1}", ModelArtifactId = Decisions(facts.Input).CandidateArtifactIds[number] }) with { After = [] },
        ChainSteps.Evaluate(EvaluateCandidate(number), facts => Evaluate(facts, $"deploy-candidate-{number + 1}")),
    ];

    private static PlanStep[] Tuning() =>
    [
        ChainSteps.Finetune("tune", Tune),
        DeployStep.Of("deploy-tuned", facts => new() { Name = $"{facts.RunName}-tuned", ModelArtifactId = facts.Result<SftResult>("tune").ModelArtifactId }),
        ChainSteps.Evaluate("evaluate-tuned", facts => Evaluate(facts, "deploy-tuned")),
    ];

    private static PlanStep[] Acting(ApplicationPlan plan)
    {
        var agent = ChainSteps.CreateAgent("agent", facts => new() { Name = facts.RunName, Model = facts.RunName, ModelArtifactId = Final(facts), Tools = Decisions(facts.Input).Tools });
        return plan.AgentQuestion is null
            ? [agent]
            :
            [
                agent,
                ChainSteps.RunAgent("agent-run", "agent", facts => new() { Question = Decisions(facts.Input).AgentQuestion!, Seed = facts.Input.Seed }),
                Gates.AtLeast("gate-agent", "ended_well", 1, facts => facts.Result<AgentRunView>("agent-run").Problem is null ? 1 : 0, "The agent did not come to an answer. Open its run: its last step says why."),
            ];
    }

    private static string EvaluateCandidate(int number) => $"evaluate-candidate-{number + 1}";

    private static EvaluateSpec Evaluate(RunFacts facts, string deployStep)
    {
        var (plan, deployment) = (Decisions(facts.Input), facts.Result<DeploymentView>(deployStep));
        return new()
        {
            Name = deployment.Name,
            Model = deployment.Name,
            ModelArtifactId = deployment.ModelArtifactId,
            Suites = [new() { Benchmark = plan.Benchmark, DatasetArtifactId = plan.QuestionsArtifactId, Limit = plan.Limit }],
            Seed = facts.Input.Seed,
        };
    }

    /// <summary>The candidate with the best average; the first of equals. Closed where none could be scored.</summary>
    private static GateReading ChooseBase(RunFacts facts)
    {
        var scored = Decisions(facts.Input).CandidateArtifactIds
            .Select((artifact, number) => new ChosenBase { ModelArtifactId = artifact, Candidate = number + 1, Average = Average(facts.Result<EvaluateResult>(EvaluateCandidate(number))) })
            .ToArray();
        var best = scored.MaxBy(candidate => candidate.Average ?? double.NegativeInfinity)!;
        var shown = string.Join(' ', scored.Select(candidate => string.Create(CultureInfo.InvariantCulture, $"candidate-{candidate.Candidate}={candidate.Average?.ToString("0.000", CultureInfo.InvariantCulture) ?? "none"}")));
        return new(JsonSerializer.SerializeToElement(best, PlatformJson.Options), new($"chosen=candidate-{best.Candidate} {shown}", "/eval"))
        {
            Problem = best.Average is null ? StepProblems.GateClosed(shown, "No candidate gave an answer that could be scored. Look at the samples of their evaluations.") : null,
        };
    }

    private static SftSpec Tune(RunFacts facts)
    {
        var plan = Decisions(facts.Input);
        return new()
        {
            Name = $"{facts.RunName}-tuned",
            BaseModelArtifactId = Chosen(facts).ModelArtifactId,
            DatasetArtifactIds = plan.TuningArtifactIds,
            Method = plan.HasCompute ? "full" : "lora",
            // All weights move at a tenth of an adapter's rate.
            LearningRate = plan.HasCompute ? 4e-4 : 4e-3,
            Epochs = 1 + facts.Round("tune"),
            TokenBudget = facts.Input.TokenBudget,
            Seed = facts.Input.Seed,
        };
    }

    private static QuantizeSpec Quantize(RunFacts facts) => new()
    {
        Name = $"{facts.RunName}-int{Decisions(facts.Input).Bits}",
        ModelArtifactId = Model(facts),
        Bits = Decisions(facts.Input).Bits!.Value,
    };

    private static double? Score(RunFacts facts) => facts.Has("evaluate-tuned") ? Average(facts.Result<EvaluateResult>("evaluate-tuned")) : Chosen(facts).Average;

    /// <summary>Of the six dimensions where they were asked, else of all headline shares.</summary>
    private static double? Average(EvaluateResult result)
    {
        var shares = result.Scores.Where(score => score is { IsHeadline: true, Value: not null } && score.Metric != "perplexity").Select(score => score.Value!.Value).ToArray();
        return result.Average ?? (shares.Length == 0 ? null : shares.Average());
    }

    private static string Model(RunFacts facts) => facts.Has("tune") ? facts.Result<SftResult>("tune").ModelArtifactId : Chosen(facts).ModelArtifactId;

    private static string Final(RunFacts facts) => facts.Has("quantize") ? facts.Result<QuantizeResult>("quantize").ModelArtifactId : Model(facts);

    private static ChosenBase Chosen(RunFacts facts) => facts.Result<ChosenBase>("choose-base");

    private static ApplicationPlan Decisions(StartPipeline input) => input.Application ?? throw new InvalidOperationException("A stored run of the plan 'application' has no decisions.");

    private static string Advice(ApplicationPlan plan) => plan.IsComplex
        ? "The tuned model is not good enough in the scenario. Tune on more dialogues that are like it, choose a stronger base, or lower the bar."
        : "The base is not good enough in the scenario as it is. Start the plan again with tuning, with a stronger base, or with a lower bar.";

    private static Dictionary<string, string> Results(RunFacts facts)
    {
        var results = new Dictionary<string, string>
        {
            ["seconds"] = facts.Elapsed.TotalSeconds.ToString("F0", CultureInfo.InvariantCulture),
            ["chosen"] = $"candidate-{Chosen(facts).Candidate}",
            ["score"] = Score(facts)?.ToString("F3", CultureInfo.InvariantCulture) ?? "none",
            ["model"] = facts.RunName,
        };
        if (facts.Has("agent-run"))
        {
            var run = facts.Result<AgentRunView>("agent-run");
            (results["question"], results["answer"]) = (run.Question, run.Answer ?? "");
        }

        return results;
    }
}

/// <summary>Result of the gate that chooses.</summary>
internal sealed record ChosenBase
{
    public required string ModelArtifactId { get; init; }

    /// <summary>From 1.</summary>
    public required int Candidate { get; init; }
    public double? Average { get; init; }
}
