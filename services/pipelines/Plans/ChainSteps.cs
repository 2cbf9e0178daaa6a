using System.Globalization;
using System.Text.Json;
using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Contracts.Pretraining;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Pipelines.Plans;

/// <summary>The chain's steps, each with how it is shown; a plan says what goes into them.</summary>
internal static class ChainSteps
{
    public static CallStep Import(string name, Func<RunFacts, ImportDataset> spec) => JobStep.Of<ImportDataset, ImportResult>(
        name, "catalog", "import", spec,
        result => new(Text($"rows={result.Rows} bytes={result.Bytes} rejected={result.RejectedRows}"), $"/data/{result.DatasetId}"));

    public static CallStep Clean(string name, Func<RunFacts, CleanDataset> spec) => JobStep.Of<CleanDataset, CleanResult>(
        name, "catalog", "clean", spec,
        result => new(Text($"rows_in={result.RowsIn} rows_out={result.RowsOut}"), $"/data/{result.DatasetId}"));

    public static CallStep Tokenizer(string name, Func<RunFacts, TrainTokenizer> spec) => JobStep.Of<TrainTokenizer, TokenizerResult>(
        name, "catalog", "tokenizer", spec,
        result => new(Text($"vocabulary={result.VocabularySize} bytes_per_token={result.BytesPerToken:F2}"), null));

    public static CallStep Tokenize(string name, Func<RunFacts, TokenizeDatasets> spec) => JobStep.Of<TokenizeDatasets, TokenizeResult>(
        name, "catalog", "tokenize", spec,
        result => new(Text($"train_tokens={result.TrainTokens} validation_tokens={result.ValidationTokens}"), null));

    public static CallStep Pretrain(string name, Func<RunFacts, PretrainSpec> spec) => JobStep.Of<PretrainSpec, PretrainResult>(
        name, "pretraining", "pretrain", spec,
        result => new(Text($"val_ppl={result.ValidationPerplexity:F2} bigram_ppl={result.BigramPerplexity:F2} unigram_ppl={result.UnigramPerplexity:F0} tokens={result.Tokens}{BySource(result)}"), "/models"));

    public static CallStep Finetune(string name, Func<RunFacts, SftSpec> spec) => JobStep.Of<SftSpec, SftResult>(
        name, "finetuning", "sft", spec,
        result => new(Text($"loss={result.ValidationLossBefore:F3}->{result.ValidationLossAfter:F3} trainable={result.TrainableParameters} tokens={result.Tokens}"), "/models"));

    public static CallStep Evaluate(string name, Func<RunFacts, EvaluateSpec> spec, IReadOnlyList<string>? after = null) => JobStep.Of<EvaluateSpec, EvaluateResult>(
        name, "evaluation", "evaluate", spec, result => new(Figures(result), "/eval")) with
    { After = after };

    public static CallStep Quantize(string name, Func<RunFacts, QuantizeSpec> spec) => JobStep.Of<QuantizeSpec, QuantizeResult>(
        name, "deployment", "quantize", spec,
        result => new(Text($"bits={result.Bits} size={(double)result.WeightBytes / result.OriginalWeightBytes:P0} ppl_ratio={result.PerplexityRatio:F4}"), "/models"));

    /// <summary>What two evaluations differ in, over the samples that both answered.</summary>
    public static CallStep Compare(string name, string baseStep, string otherStep) => new()
    {
        Name = name,
        Service = "evaluation",
        After = [baseStep, otherStep],
        Method = HttpMethod.Get,
        Path = facts => $"api/evaluation/compare?base={facts.Started[baseStep]}&other={facts.Started[otherStep]}",
        Read = (answer, _) => new StepReading(StepState.Succeeded) { Result = answer },
        Show = result => new(
            string.Join(' ', result.Deserialize<ComparisonView>(PlatformJson.Options)!.Differences.Where(IsHeadline)
                .Select(found => Text($"{found.Dimension}={found.Difference:+0.000;-0.000}[{found.Low:0.000},{found.High:0.000}]"))), "/eval"),
    };

    public static CallStep CreateAgent(string name, Func<RunFacts, CreateAgent> body) => new()
    {
        Name = name,
        Service = "agents",
        Path = _ => "api/agents/agents",
        Body = body,
        Read = (answer, _) => new StepReading(StepState.Succeeded) { Result = answer },
        Show = result => Shown(result.Deserialize<AgentView>(PlatformJson.Options)!),
    };

    /// <summary>A run of the agent. One that fails is a result too: the gate behind it decides.</summary>
    public static CallStep RunAgent(string name, string agentStep, Func<RunFacts, StartAgentRun> body) => new()
    {
        Name = name,
        Service = "agents",
        Path = facts => $"api/agents/agents/{facts.Result<AgentView>(agentStep).Id}/runs",
        Body = body,
        StatePath = id => $"api/agents/runs/{id}",
        Cancel = id => new StepCancel(HttpMethod.Post, $"api/agents/runs/{id}/cancel"),
        Read = (answer, _) => answer.Deserialize<AgentRunView>(PlatformJson.Options)!.State switch
        {
            AgentRunState.Running => new StepReading(StepState.Running),
            AgentRunState.Cancelled => new StepReading(StepState.Cancelled),
            _ => new StepReading(StepState.Succeeded) { Result = answer },
        },
        Show = result => Shown(result.Deserialize<AgentRunView>(PlatformJson.Options)!),
    };

    public static bool IsHeadline(PairedDifference found) => found is { IsHeadline: true, Dimension: not null };

    private static StepOutcome Shown(AgentView agent) => new($"agent={agent.Name} model={agent.Model} tools={string.Join(',', agent.Tools)}", $"/agents/{agent.Id}");

    private static StepOutcome Shown(AgentRunView run) => new(
        run.Problem is { } problem ? $"failed: {problem.Title}" : $"answer=\"{run.Answer}\" steps={run.Steps.Count}", $"/agents/{run.AgentId}/runs/{run.Id}");

    private static string Figures(EvaluateResult result) => string.Join(
        ' ',
        result.Scores.Where(score => score.IsHeadline).Select(score => $"{score.Dimension ?? score.Benchmark}={score.Value?.ToString("0.000", CultureInfo.InvariantCulture) ?? "none"}")
            .Append(Text($"samples={result.Samples} failed={result.Failed}")));

    /// <summary>Of several data sets each by itself.</summary>
    private static string BySource(PretrainResult result) => result.Sources.Count < 2 ? "" : string.Concat(
        result.Sources.Select(source => Text($" {source.Name}={source.Perplexity:F2}/{source.BigramPerplexity:F2}")));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
