using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Contracts.Identity;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Portal.Pages;
using static InternPlatform.Portal.Tests.Samples;

namespace InternPlatform.Portal.Tests;

/// <summary>A page, the path its main content comes from, what that answers when there is nothing, and what it shows when there is something.</summary>
public sealed record PageCase(Type Page, string Path, object Full, string Shows)
{
    /// <summary>Null for a page about one thing: it exists or it does not.</summary>
    public object? Empty { get; init; }
    public (string Name, object Value)[] Parameters { get; init; } = [];

    /// <summary>The part that polls; a page about something finished does not.</summary>
    public bool Polls { get; init; } = true;

    public static IReadOnlyDictionary<string, PageCase> All { get; } = new Dictionary<string, PageCase>
    {
        ["data"] = new(typeof(Data), "api/catalog/datasets", PageOf(Dataset), "sample") { Empty = PageOf<DatasetView>() },
        ["data set"] = new(typeof(DatasetPage), $"api/catalog/datasets/{DatasetId}", Dataset, "Bilingual") { Parameters = [("Id", DatasetId.ToString())] },
        ["evaluations"] = new(typeof(Eval), "api/evaluation/leaderboard", EvalSamples.Board, "tuned-model") { Empty = new LeaderboardView { Rows = [] } },
        ["new evaluation"] = new(typeof(EvalNew), "api/deployment/deployments", PageOf(Deployment), "tour-model") { Empty = PageOf<DeploymentView>(), Polls = false },
        ["evaluation"] = new(typeof(EvalRun), $"api/evaluation/jobs/{JobId}", EvalSamples.Job(JobState.Running), "six dimensions") { Parameters = [("Id", JobId)] },
        ["cleaning"] = new(typeof(DataClean), $"api/catalog/datasets/{DatasetId}", Dataset, "Clean a data set") { Parameters = [("Id", DatasetId.ToString())], Polls = false },
        ["run"] = new(typeof(RunPage), $"api/pretraining/jobs/{JobId}", Job(JobState.Running), "tour pretrain") { Parameters = [("Service", "pretraining"), ("Id", JobId)] },
        ["models"] = new(typeof(Portal.Pages.Models), "api/catalog/models", PageOf(Model), "tour-model") { Empty = PageOf<ModelView>() },
        ["model"] = new(typeof(ModelPage), $"api/catalog/models/{ModelId}", Model, "tour-model") { Parameters = [("Id", ModelId.ToString())], Polls = false },
        ["deployments"] = new(typeof(Serve), "api/deployment/deployments", PageOf(Deployment), "tour-model") { Empty = PageOf<DeploymentView>() },
        ["playground"] = new(typeof(Chat), "api/deployment/deployments", PageOf(Deployment), "Settings") { Empty = PageOf<DeploymentView>() },
        ["agents"] = new(typeof(Portal.Pages.Agents), "api/agents/agents", PageOf(AgentSamples.Agent), "adder") { Empty = PageOf<AgentView>() },
        ["agent"] = new(typeof(AgentPage), $"api/agents/agents/{AgentSamples.AgentId}", AgentSamples.Agent, "adder") { Parameters = [("Agent", AgentSamples.AgentId.ToString())], Polls = false },
        ["agent run"] = new(typeof(AgentRunPage), $"api/agents/runs/{AgentSamples.RunId}", AgentSamples.Running, "What is 4817 plus 2946?")
        {
            Parameters = [("Agent", AgentSamples.AgentId.ToString()), ("Run", AgentSamples.RunId)],
        },
        ["pipelines"] = new(typeof(Portal.Pages.Pipelines), "api/pipelines/runs", PageOf(Pipeline(PipelineState.Running)), "Tour of 25 November") { Empty = PageOf<PipelineRunView>() },
        ["pipeline"] = new(typeof(PipelinePage), $"api/pipelines/runs/{PipelineId}", Pipeline(PipelineState.Running), "Train the model") { Parameters = [("Id", PipelineId.ToString())] },
        ["services"] = new(typeof(Portal.Pages.Services), "api/identity/health", HealthSamples.Well, "identity"),
        ["keys"] = new(typeof(Keys), "api/identity/keys", PageOf(ApiKey), "notebook") { Empty = PageOf<ApiKeyView>() },
        ["messages"] = new(typeof(Messages), "api/catalog/dead-letters", PageOf(DeadLetter), "JobChanged"),
    };
}
