using System.Globalization;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Contracts.Pretraining;

namespace InternPlatform.Pipelines.Plans;

/// <summary>From text to an answering model: the built-in sample, mixed with the user's own text where there is one.</summary>
internal static class Tour
{
    // Copying is what the sample teaches surest, and this number is one of those that the sample withholds: it is in no training text.
    private const string Question = "Repeat: 4821";

    private const int VocabularySize = 2048;
    private const long TokenBudget = 3_300_000;

    private static readonly string[] Imports = ["import-sample", "import-text"];

    public static PipelinePlan Plan { get; } = new("tour", Steps, Results);

    private static IReadOnlyList<PlanStep> Steps(StartPipeline input) =>
    [
        JobStep.Of<ImportDataset, ImportResult>("import-sample", "catalog", "import", ImportSample, ShowImport),
        .. input.UploadId is null ? [] : new[] { JobStep.Of<ImportDataset, ImportResult>("import-text", "catalog", "import", ImportText, ShowImport) },
        JobStep.Of<TrainTokenizer, TokenizerResult>("tokenizer", "catalog", "tokenizer", TrainTokenizer, ShowTokenizer),
        JobStep.Of<TokenizeDatasets, TokenizeResult>("tokenize", "catalog", "tokenize", Tokenize, ShowShards),
        JobStep.Of<PretrainSpec, PretrainResult>("pretrain", "pretraining", "pretrain", Pretrain, ShowModel),
        DeployStep.Of("deploy", Deploy),
        AskStep.Of("answer", facts => facts.RunName, Question),
    ];

    private static ImportDataset ImportSample(RunFacts facts) => new()
    {
        Name = "built-in-sample",
        Sample = new SampleSource { Seed = facts.Input.Seed },
    };

    private static ImportDataset ImportText(RunFacts facts) => new() { Name = $"{facts.RunName}-text", UploadId = facts.Input.UploadId };

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
    private static PretrainSpec Pretrain(RunFacts facts)
    {
        return new PretrainSpec
        {
            Name = facts.RunName,
            ShardsArtifactId = facts.Result<TokenizeResult>("tokenize").ArtifactId,
            TokenizerArtifactId = facts.Result<TokenizerResult>("tokenizer").ArtifactId,
            Model = new ModelShape { TieWordEmbeddings = true },
            TokenBudget = facts.Input.TokenBudget ?? TokenBudget,
            Seed = facts.Input.Seed,
        };
    }

    private static CreateDeployment Deploy(RunFacts facts) => new()
    {
        Name = facts.RunName,
        ModelArtifactId = facts.Result<PretrainResult>("pretrain").ModelArtifactId,
    };

    private static string[] Datasets(RunFacts facts) =>
        [.. Imports.Where(facts.Results.ContainsKey).Select(step => facts.Result<ImportResult>(step).ArtifactId)];

    private static Dictionary<string, string> Results(RunFacts facts)
    {
        var model = facts.Result<PretrainResult>("pretrain");
        var said = facts.Result<ModelAnswer>("answer");
        return new Dictionary<string, string>
        {
            ["seconds"] = string.Create(CultureInfo.InvariantCulture, $"{facts.Elapsed.TotalSeconds:F0}"),
            ["val_ppl"] = Figure(model.ValidationPerplexity),
            ["unigram_ppl"] = Figure(model.UnigramPerplexity),
            ["bigram_ppl"] = Figure(model.BigramPerplexity),
            ["question"] = said.Question,
            ["answer"] = said.Answer,
        };
    }

    private static StepOutcome ShowImport(ImportResult result) => new(
        string.Create(CultureInfo.InvariantCulture, $"rows={result.Rows} bytes={result.Bytes} rejected={result.RejectedRows}"),
        $"/data/{result.DatasetId}");

    private static StepOutcome ShowTokenizer(TokenizerResult result) => new(
        string.Create(CultureInfo.InvariantCulture, $"vocabulary={result.VocabularySize} bytes_per_token={result.BytesPerToken:F2}"), null);

    private static StepOutcome ShowShards(TokenizeResult result) => new(
        string.Create(CultureInfo.InvariantCulture, $"train_tokens={result.TrainTokens} validation_tokens={result.ValidationTokens}"), null);

    private static StepOutcome ShowModel(PretrainResult result) => new(
        string.Create(CultureInfo.InvariantCulture, $"val_ppl={result.ValidationPerplexity:F2} unigram_ppl={result.UnigramPerplexity:F0} tokens={result.Tokens}"), "/models");

    private static string Figure(double value) => value.ToString("F2", CultureInfo.InvariantCulture);
}
