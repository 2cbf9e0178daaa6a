using System.Text.Json;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Identity;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;

namespace InternPlatform.Portal.Tests;

/// <summary>A small platform in full swing, to show and to test with.</summary>
public static class Samples
{
    public static readonly DateTimeOffset Now = new(2026, 11, 25, 9, 30, 0, TimeSpan.Zero);
    public static readonly Guid DatasetId = new("01935f00-0000-7000-8000-000000000001");
    public static readonly Guid JobId = new("01935f00-0000-7000-8000-000000000002");
    public static readonly Guid ModelId = new("01935f00-0000-7000-8000-000000000003");
    public static readonly Guid PipelineId = new("01935f00-0000-7000-8000-000000000004");
    public static readonly Guid DeploymentId = new("01935f00-0000-7000-8000-000000000005");
    public static readonly Guid KeyId = new("01935f00-0000-7000-8000-000000000006");

    public static string Artifact(char digit) => new(digit, 64);

    public static Page<T> PageOf<T>(params T[] items) => new() { Items = items };

    public static DatasetView Dataset { get; } = new()
    {
        Id = DatasetId,
        Name = "sample",
        Card = "# Sample\n\nBilingual *stories*, facts and dialogues.\n\n| Kind | Share |\n| --- | --- |\n| story | 35 % |\n\n<script>alert(1)</script> [link](javascript:alert(1)) ![x](http://elsewhere.test/x.png)",
        License = "CC0-1.0",
        CreatedAt = Now.AddMinutes(-40),
        UpdatedAt = Now.AddMinutes(-12),
        Versions =
        [
            new()
            {
                Version = 2,
                ArtifactId = Artifact('a'),
                Rows = 60_000,
                Bytes = 11_534_336,
                RejectedRows = 2,
                Rejected = [new() { Line = 17, Reason = "Not valid JSON: '}' expected at column 80." }, new() { Line = 4_211, Reason = "Not valid UTF-8 at byte 12." }],
                Source = "stories.jsonl",
                CreatedAt = Now.AddMinutes(-12),
                JobId = JobId,
                RowKinds = new Dictionary<string, long> { ["story"] = 18_000, ["copy-chat"] = 16_800, ["facts"] = 9_600, ["tool-chat"] = 8_400, ["arithmetic"] = 4_800, ["lexicon"] = 2_400 },
            },
            new()
            {
                Version = 1, ArtifactId = Artifact('9'), Rows = 1_000, Bytes = 190_000, RejectedRows = 0, Rejected = [], Source = "sample", CreatedAt = Now.AddMinutes(-40),
            },
        ],
    };

    public static RowsView Rows { get; } = new()
    {
        Offset = 0,
        Total = 60_000,
        Rows =
        [
            Json("""{"kind":"story","text":"Zoe had a red hat. She lost it at the park, and Ben found it under a bench."}"""),
            Json("""{"kind":"tool-chat","messages":[{"role":"user","content":"What is 17 minus 3?"},{"role":"assistant","content":"The answer is 14."}]}"""),
            Json("""{"kind":"story","text":"小明有一只猫。猫喜欢吃鱼，每天早上都在门口等他。"}"""),
        ],
    };

    public static JobView Job(JobState state, string kind = "pretrain", string service = "pretraining") => new()
    {
        Id = JobId,
        Service = service,
        Kind = kind,
        Name = $"tour {kind}",
        State = state,
        Attempt = 1,
        Progress = new() { Done = 1_280_000, Total = 3_200_000, Unit = "tokens", RatePerSecond = 16_400, EtaSeconds = 117 },
        Problem = state == JobState.Failed ? new() { Type = "urn:intern-platform:pretraining:loss-not-finite", Title = "The loss is not a number.", Detail = "Lower the learning rate." } : null,
        Spec = Json("""{"name":"tour","tokenBudget":3200000,"muonLearningRate":0.02,"seed":1}"""),
        Result = state == JobState.Succeeded ? Json("""{"modelArtifactId":"bb","steps":1562,"tokens":3200000,"parameters":1049728,"validationLoss":0.6212,"validationPerplexity":1.861,"unigramPerplexity":222.4,"bigramPerplexity":9.12,"sources":[{"name":"a book","scoredTokens":5120,"perplexity":24.7,"unigramPerplexity":299,"bigramPerplexity":68},{"name":"only questions","scoredTokens":0}],"weightsSha256":"w","lossLogSha256":"l"}""") : null,
        CreatedBy = "owner",
        CreatedAt = Now.AddMinutes(-3),
        StartedAt = Now.AddMinutes(-2),
        EndedAt = state is JobState.Succeeded or JobState.Failed ? Now.AddMinutes(-1) : null,
    };

    public static IReadOnlyList<JobEventView> Transitions { get; } =
    [
        new() { Sequence = 1, At = Now.AddMinutes(-3), To = JobState.Queued, Who = "owner" },
        new() { Sequence = 2, At = Now.AddMinutes(-2), From = JobState.Queued, To = JobState.Preparing, Who = "worker-1" },
        new() { Sequence = 3, At = Now.AddMinutes(-2), From = JobState.Preparing, To = JobState.Running, Who = "worker-1" },
    ];

    public static ModelView Model { get; } = new()
    {
        Id = ModelId,
        Name = "tour-model",
        Version = 3,
        ArtifactId = Artifact('b'),
        Service = "pretraining",
        JobId = JobId,
        CreatedAt = Now.AddMinutes(-8),
        Bytes = 4_198_912,
        Parameters = 1_049_728,
        ContextLength = 128,
        Figures = new Dictionary<string, double> { ["validationPerplexity"] = 1.861, ["unigramPerplexity"] = 222.4, ["bigramPerplexity"] = 9.12, ["validationLoss"] = 0.6212, ["tokens"] = 3_200_000 },
    };

    public static LineageView Lineage { get; } = new()
    {
        Nodes =
        [
            Node('a', "dataset", "sample", "catalog", $"/data/{DatasetId}"), Node('c', "tokenizer", "tour tokenizer", "catalog", null),
            Node('d', "shards", "tour shards", "catalog", null), Node('b', "model", "tour-model", "pretraining", $"/models/{ModelId}"),
        ],
        Edges = [Edge('a', 'c'), Edge('a', 'd'), Edge('c', 'd'), Edge('d', 'b'), Edge('c', 'b')],
    };

    public static DeploymentView Deployment { get; } = new()
    {
        Id = DeploymentId,
        Name = "tour-model",
        ModelArtifactId = Artifact('b'),
        State = DeploymentState.Ready,
        CreatedAt = Now.AddMinutes(-6),
        ContextLength = 128,
        Parameters = 1_049_728,
        PlannedBytes = 37_748_736,
        RunningSequences = 1,
    };

    public static PipelineRunView Pipeline(PipelineState state) => new()
    {
        Id = PipelineId,
        Plan = "tour",
        Name = "Tour of 25 November",
        State = state,
        CreatedAt = Now.AddMinutes(-6),
        EndedAt = state == PipelineState.Running ? null : Now.AddMinutes(-1),
        Steps = [.. Steps(state)],
        Results = state == PipelineState.Succeeded
            ? new Dictionary<string, string> { ["question"] = "What is 17 minus 3?", ["answer"] = "The answer is 14.", ["val_ppl"] = "1.861", ["unigram_ppl"] = "222.4", ["seconds"] = "291" }
            : new Dictionary<string, string>(),
    };

    public static DeadLetterView DeadLetter { get; } = new()
    {
        Id = Guid.Parse("01990000-0000-7000-8000-00000000d1ed"),
        Service = "catalog",
        Queue = "catalog-index-objects",
        MessageId = Guid.Parse("01990000-0000-7000-8000-00000000d1ee"),
        MessageType = "urn:message:InternPlatform.Contracts.Jobs:JobChanged",
        Tries = 4,
        Reason = "InvalidOperationException: planted",
        FirstAt = Now,
        LastAt = Now,
        CanReplay = true,
    };

    public static ApiKeyView ApiKey { get; } = new()
    {
        Id = KeyId,
        Name = "notebook",
        Prefix = "sk-7Qd2",
        Scopes = ["read", "chat"],
        CreatedAt = Now.AddDays(-3),
        LastUsedAt = Now.AddMinutes(-20),
    };

    public static Page<ObjectView> Objects { get; } = PageOf<ObjectView>(
        new() { Service = "deployment", Kind = "deployment", Id = DeploymentId, Name = "tour-model", State = "ready", Path = "/serve", UpdatedAt = Now.AddMinutes(-6) },
        new() { Service = "catalog", Kind = "model", Id = ModelId, Name = "tour-model", Path = $"/models/{ModelId}", UpdatedAt = Now.AddMinutes(-8) },
        new() { Service = "catalog", Kind = "dataset", Id = DatasetId, Name = "sample", Path = $"/data/{DatasetId}", UpdatedAt = Now.AddMinutes(-12) });

    private static IEnumerable<PipelineStepView> Steps(PipelineState state)
    {
        string[] names = ["import-sample", "tokenizer", "tokenize", "pretrain", "deploy", "answer"];
        var running = state == PipelineState.Running ? 3 : names.Length;
        for (var at = 0; at < names.Length; at++)
        {
            yield return new()
            {
                Name = names[at],
                After = at == 0 ? [] : [names[at - 1]],
                Service = at < 3 ? "catalog" : at == 3 ? "pretraining" : "deployment",
                State = at < running ? StepState.Succeeded : at == running ? StepState.Running : StepState.Waiting,
                JobId = at <= running && at < 4 ? JobId : null,
                Progress = at == running ? Job(JobState.Running).Progress : null,
                StartedAt = at <= running ? Now.AddMinutes(-6 + at) : null,
                EndedAt = at < running ? Now.AddMinutes(-5 + at) : null,
                Path = at == 0 ? $"/data/{DatasetId}" : at == 4 && at < running ? "/chat?model=tour-model" : null,
                Summary = at == 0 ? "rows=60000" : null,
            };
        }
    }

    private static LineageNode Node(char digit, string kind, string name, string service, string? path) => new()
    {
        ArtifactId = Artifact(digit),
        Kind = kind,
        Name = name,
        Service = service,
        JobId = JobId,
        At = Now.AddMinutes(-12),
        Path = path,
    };

    private static LineageEdge Edge(char from, char to) => new() { From = Artifact(from), To = Artifact(to) };

    private static JsonElement Json(string text) => JsonSerializer.Deserialize<JsonElement>(text);
}
