using System.Globalization;
using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Contracts.Pretraining;

namespace InternPlatform.Pipelines.Plans;

/// <summary>
/// From text to agent: the built-in sample, mixed with the user's own text where there is one, is cleaned and trained on; the base model is tuned,
/// evaluated before and after, quantised, deployed, and used by an agent.
/// </summary>
internal static class Tour
{
    /// <summary>What the agent is asked. The three numbers are among those that the sample withholds: they are in no training text.</summary>
    public const string Question = "What is 4821 plus 3492?";
    public const string RightAnswer = "8313";

    private const int VocabularySize = 2048;
    private const long TokenBudget = 3_300_000;
    private const long TuningTokens = 900_000;
    private const int TuningRows = 30_000;
    private const int QuestionsPerDimension = 200;

    // A tour with a budget of its own is a short one; it asks fewer questions, and its training is over before a hundred steps.
    private const int ShortQuestionsPerDimension = 20;
    private const int ShortCheckpointEverySteps = 20;
    private const double PlantedDirt = 0.03;

    /// <summary>Of these the paired interval of tuned minus base must lie above zero; reasoning is shown and decides nothing.</summary>
    private static readonly string[] Improving = ["exam", "language", "knowledge", "understanding", "safety"];

    /// <summary>A text of the user's takes half of the tokens: the model knows less of the questions' world, and tuning alone does not make up for it.</summary>
    private const int ImprovingBesideText = 3;

    private static readonly string[] Cleanings = ["clean-sample", "clean-text"];

    public static PipelinePlan Plan { get; } = new("tour", Steps, Results);

    private static IReadOnlyList<PlanStep> Steps(StartPipeline input)
    {
        PlanStep[] text = input.UploadId is null ? [] :
        [
            ChainSteps.Import("import-text", facts => new() { Name = $"{facts.RunName}-text", UploadId = facts.Input.UploadId }) with { After = [] },
            ChainSteps.Clean("clean-text", facts => Clean(facts, "import-text", CleanText(facts))),
        ];
        return
        [
            ChainSteps.Import("import-sample", facts => Sample(facts, "built-in-sample", new() { Dirt = PlantedDirt })),
            ChainSteps.Clean("clean-sample", facts => Clean(facts, "import-sample", "built-in-sample-clean")),
            .. text,
            ChainSteps.Tokenizer("tokenizer", TrainTokenizer) with { After = input.UploadId is null ? ["clean-sample"] : Cleanings },
            ChainSteps.Tokenize("tokenize", Tokenize),
            ChainSteps.Pretrain("pretrain", Pretrain),
            Gates.AtLeast("gate-learned", "bigram_ppl/val_ppl", 2, facts => Advantage(facts.Result<PretrainResult>("pretrain")), "The model is hardly better than counting pairs of words. Give it more tokens (tokenBudget), or text that has something to learn."),
            ChainSteps.Import("import-questions", facts => Sample(facts, "built-in-questions", new() { Part = "questions", Documents = facts.Input.TokenBudget is null ? QuestionsPerDimension : ShortQuestionsPerDimension })) with { After = [] },
            DeployStep.Of("deploy-base", facts => Deploy(facts, "-base", facts.Result<PretrainResult>("pretrain").ModelArtifactId)) with { After = ["gate-learned"] },
            ChainSteps.Evaluate("evaluate-base", facts => Evaluate(facts, "deploy-base"), ["deploy-base", "import-questions"]),
            ChainSteps.Import("import-tuning", facts => Sample(facts, "built-in-dialogues", new() { Part = "tuning", Documents = TuningRows })) with { After = [] },
            ChainSteps.Finetune("finetune", Finetune) with { After = ["gate-learned", "import-tuning"] },
            DeployStep.Of("deploy-tuned", facts => Deploy(facts, "", facts.Result<SftResult>("finetune").ModelArtifactId)),
            ChainSteps.Evaluate("evaluate-tuned", facts => Evaluate(facts, "deploy-tuned"), ["deploy-tuned", "import-questions"]),
            ChainSteps.Compare("compare", "evaluate-base", "evaluate-tuned"),
            Gates.AtLeast("gate-tuned", "improved_dimensions", input.UploadId is null ? Improving.Length : ImprovingBesideText, facts => Improved(facts.Result<ComparisonView>("compare")), "Tuning did not help enough. Look at the wrong samples of the tuned model, and tune on more or other dialogues.", backTo: "finetune"),
            ChainSteps.Quantize("quantize", Quantize) with { After = ["gate-tuned"] },
            Gates.AtMost("gate-quantized", "ppl_ratio", 1.1, facts => facts.Result<QuantizeResult>("quantize").PerplexityRatio, "Rounding costs too much, with 8 bits too. Deploy the model as it is.", backTo: "quantize"),
            DeployStep.Of("deploy-int4", facts => Deploy(facts, "-int4", facts.Result<QuantizeResult>("quantize").ModelArtifactId)),
            ChainSteps.Evaluate("evaluate-int4", facts => Evaluate(facts, "deploy-int4"), ["deploy-int4", "import-questions"]),
            ChainSteps.CreateAgent("agent", CreateAgent) with { After = ["deploy-int4"] },
            ChainSteps.RunAgent("agent-run", "agent", facts => new() { Question = Question, Seed = facts.Input.Seed }),
            Gates.AtLeast("gate-agent", "right_answers", 1, facts => IsRight(facts.Result<AgentRunView>("agent-run")) ? 1 : 0, "The agent did not get the number from its tool. Open its run and look at the calls."),
        ];
    }

    private static ImportDataset Sample(RunFacts facts, string name, SampleSource source) => new() { Name = name, Sample = source with { Seed = facts.Input.Seed } };

    private static CleanDataset Clean(RunFacts facts, string import, string name) => new() { Name = name, DatasetArtifactId = facts.Result<ImportResult>(import).ArtifactId };

    private static TrainTokenizer TrainTokenizer(RunFacts facts) => new()
    {
        Name = $"{facts.RunName}-tokenizer",
        DatasetArtifactIds = Datasets(facts),
        VocabularySize = VocabularySize,
    };

    private static TokenizeDatasets Tokenize(RunFacts facts) => new()
    {
        Name = $"{facts.RunName}-shards",
        TokenizerArtifactId = facts.Result<TokenizerResult>("tokenizer").ArtifactId,
        DatasetArtifactIds = Datasets(facts),
        TokenBudget = facts.Input.TokenBudget,
        Seed = facts.Input.Seed,
    };

    // The recipe "tour" of pretraining, which a test holds this to: a plan knows that service by contracts only.
    private static PretrainSpec Pretrain(RunFacts facts) => new()
    {
        Name = $"{facts.RunName}-base",
        ShardsArtifactId = facts.Result<TokenizeResult>("tokenize").ArtifactId,
        TokenizerArtifactId = facts.Result<TokenizerResult>("tokenizer").ArtifactId,
        TokenBudget = facts.Input.TokenBudget ?? TokenBudget,
        CheckpointEverySteps = CheckpointEverySteps(facts),
        Seed = facts.Input.Seed,
    };

    private static SftSpec Finetune(RunFacts facts) => new()
    {
        Name = facts.RunName,
        BaseModelArtifactId = facts.Result<PretrainResult>("pretrain").ModelArtifactId,
        DatasetArtifactIds = [facts.Result<ImportResult>("import-tuning").ArtifactId],
        // A gate that sends the run back asks for half as much again.
        TokenBudget = (facts.Input.TokenBudget ?? TuningTokens) * (2 + facts.Round("finetune")) / 2,
        SamplePrompts = [Question, "Repeat: 4821"],
        CheckpointEverySteps = CheckpointEverySteps(facts),
        Seed = facts.Input.Seed,
    };

    private static int CheckpointEverySteps(RunFacts facts) => facts.Input.TokenBudget is null ? 100 : ShortCheckpointEverySteps;

    private static QuantizeSpec Quantize(RunFacts facts) => new()
    {
        Name = $"{facts.RunName}-int{Bits(facts)}",
        ModelArtifactId = facts.Result<SftResult>("finetune").ModelArtifactId,
        Bits = Bits(facts),
        ShardsArtifactId = facts.Result<TokenizeResult>("tokenize").ArtifactId,
    };

    private static int Bits(RunFacts facts) => facts.Round("quantize") == 0 ? 4 : 8;

    private static CreateDeployment Deploy(RunFacts facts, string suffix, string modelArtifactId) => new() { Name = facts.RunName + suffix, ModelArtifactId = modelArtifactId };

    private static EvaluateSpec Evaluate(RunFacts facts, string deployStep)
    {
        var deployment = facts.Result<DeploymentView>(deployStep);
        var questions = facts.Result<ImportResult>("import-questions").ArtifactId;
        return new()
        {
            Name = deployment.Name,
            Model = deployment.Name,
            ModelArtifactId = deployment.ModelArtifactId,
            Suites = [new() { Benchmark = "intern-sample", DatasetArtifactId = questions }, new() { Benchmark = "intern-tools", DatasetArtifactId = questions }],
            Seed = facts.Input.Seed,
        };
    }

    private static CreateAgent CreateAgent(RunFacts facts)
    {
        var deployment = facts.Result<DeploymentView>("deploy-int4");
        return new()
        {
            Name = facts.RunName,
            Model = deployment.Name,
            ModelArtifactId = deployment.ModelArtifactId,
            Tools = ["calculator"],
        };
    }

    private static string CleanText(RunFacts facts) => $"{facts.RunName}-text-clean";

    private static string[] Datasets(RunFacts facts) => [.. Cleanings.Where(facts.Has).Select(step => facts.Result<CleanResult>(step).ArtifactId)];

    private static double Advantage(PretrainResult model) => model.BigramPerplexity / model.ValidationPerplexity;

    private static double Improved(ComparisonView compared) => compared.Differences.Count(found => ChainSteps.IsHeadline(found) && Improving.Contains(found.Dimension) && found.Low > 0);

    /// <summary>The number came out of the tool, and into the answer.</summary>
    private static bool IsRight(AgentRunView run) =>
        run.Answer?.Contains(RightAnswer, StringComparison.Ordinal) == true && run.Steps.Any(step => step is { Kind: "tool-call", Status: "ok", Result: RightAnswer });

    private static Dictionary<string, string> Results(RunFacts facts)
    {
        var model = facts.Result<PretrainResult>("pretrain");
        var tuned = facts.Result<EvaluateResult>("evaluate-tuned");
        var run = facts.Result<AgentRunView>("agent-run");
        var results = new Dictionary<string, string>
        {
            ["seconds"] = facts.Elapsed.TotalSeconds.ToString("F0", CultureInfo.InvariantCulture),
            ["val_ppl"] = Figure(model.ValidationPerplexity),
            ["unigram_ppl"] = Figure(model.UnigramPerplexity),
            ["bigram_ppl"] = Figure(model.BigramPerplexity),
            ["base_acc"] = Share(facts.Result<EvaluateResult>("evaluate-base").Average),
            ["tuned_acc"] = Share(tuned.Average),
            ["int4_acc"] = Share(facts.Result<EvaluateResult>("evaluate-int4").Average),
            ["tool_exact"] = Share(tuned.Scores.FirstOrDefault(score => score.Metric == "call_exact")?.Value),
            ["int4_ppl_ratio"] = facts.Result<QuantizeResult>("quantize").PerplexityRatio?.ToString("F4", CultureInfo.InvariantCulture) ?? "none",
            ["agent"] = run.Problem is null ? IsRight(run) ? "ok" : "wrong" : "failed",
            ["question"] = run.Question,
            ["answer"] = run.Answer ?? "",
        };
        if (facts.Has("clean-text") && model.Sources.FirstOrDefault(source => source.Name == CleanText(facts)) is { Perplexity: { } perplexity, BigramPerplexity: { } bigram })
        {
            (results["text_ppl"], results["text_bigram_ppl"]) = (Figure(perplexity), Figure(bigram));
        }

        return results;
    }

    private static string Figure(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    private static string Share(double? value) => value?.ToString("F3", CultureInfo.InvariantCulture) ?? "none";
}
