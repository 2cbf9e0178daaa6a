using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Pipelines;

/// <summary>Gates: on, back, or stop.</summary>
public sealed class GateTests : IAsyncLifetime
{
    private readonly string data = Directory.CreateTempSubdirectory("pipelines-").FullName;
    private DownstreamServices downstream = null!;
    private PipelinesHost pipelines = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        downstream = await DownstreamServices.StartAsync();
        pipelines = await PipelinesHost.StartAsync(data, downstream);
    }

    public async ValueTask DisposeAsync()
    {
        await pipelines.DisposeAsync();
        await downstream.DisposeAsync();
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task A_gate_sends_the_run_back_and_opens_when_the_next_round_is_better()
    {
        var asked = 0;
        downstream.Improvement = () => asked++ == 0 ? -0.1 : 0.1;
        var run = await pipelines.EndAsync((await pipelines.StartTourAsync()).Id);

        Assert.True(run.State == PipelineState.Succeeded, run.Describe());
        Assert.Equal(1, Step(run, "finetune").Round);
        Assert.Equal(0, Step(run, "evaluate-base").Round);
        Assert.Equal(2, downstream.Started.Count(kind => kind == "sft"));
        // The first round's deployment holds the name: it was removed before the second.
        Assert.Equal(4, downstream.Started.Count(kind => kind == "deployment"));
        Assert.Equal(1_350_000, downstream.Bodies["sft"].Deserialize<SftSpec>(PlatformJson.Options)!.TokenBudget);
    }

    [Fact]
    public async Task A_gate_that_can_never_pass_stops_after_its_rounds_and_says_what_to_do()
    {
        downstream.Improvement = () => -1;
        var run = await pipelines.EndAsync((await pipelines.StartTourAsync()).Id);

        Assert.Equal(PipelineState.Failed, run.State);
        var gate = Step(run, "gate-tuned");
        Assert.EndsWith(":gate-closed", gate.Problem!.Type, StringComparison.Ordinal);
        Assert.Contains("improved_dimensions=0 >= 5: no", gate.Problem.Title, StringComparison.Ordinal);
        Assert.Contains("2 more rounds", gate.Problem.Title, StringComparison.Ordinal);
        Assert.NotEmpty(gate.Problem.Detail!);
        Assert.Equal(3, downstream.Started.Count(kind => kind == "sft"));
        Assert.Equal(StepState.Waiting, Step(run, "quantize").State);
    }

    [Theory]
    [InlineData(false, "improved_dimensions=5 >= 5")]
    [InlineData(true, "improved_dimensions=5 >= 3")]
    public async Task Beside_a_text_of_the_user_fewer_dimensions_need_to_improve(bool hasText, string summary)
    {
        var run = await pipelines.EndAsync((await pipelines.StartTourAsync(new StartPipeline { Plan = "tour", UploadId = hasText ? Guid.CreateVersion7() : null })).Id);

        Assert.Equal(summary, Step(run, "gate-tuned").Summary);
    }

    [Fact]
    public async Task A_model_that_four_bits_spoil_gets_eight()
    {
        downstream.PerplexityRatio = bits => bits == 4 ? 1.5 : 1.001;
        var run = await pipelines.EndAsync((await pipelines.StartTourAsync()).Id);

        Assert.True(run.State == PipelineState.Succeeded, run.Describe());
        Assert.Equal(8, downstream.Bodies["quantize"].Deserialize<QuantizeSpec>(PlatformJson.Options)!.Bits);
        Assert.Equal("1.0010", run.Results["int4_ppl_ratio"]);
    }

    [Fact]
    public async Task An_agent_that_is_wrong_stops_the_tour_at_its_gate()
    {
        downstream.AgentAnswer = "The answer is 8312.";
        var run = await pipelines.EndAsync((await pipelines.StartTourAsync()).Id);

        Assert.Equal(PipelineState.Failed, run.State);
        Assert.Equal(StepState.Succeeded, Step(run, "agent-run").State);
        Assert.Contains("right_answers=0", Step(run, "gate-agent").Problem!.Title, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Thresholds_of_the_input_take_the_place_of_the_plans()
    {
        downstream.Improvement = () => -1;
        var run = await pipelines.EndAsync((await pipelines.StartTourAsync(new StartPipeline { Plan = "tour", Thresholds = new Dictionary<string, double> { ["gate-tuned"] = 0 } })).Id);

        Assert.True(run.State == PipelineState.Succeeded, run.Describe());
        Assert.Contains("improved_dimensions=0 >= 0", Step(run, "gate-tuned").Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false, false, "choose-base gate-scenario deploy")]
    [InlineData(false, false, true, "choose-base gate-scenario deploy agent agent-run gate-agent")]
    [InlineData(true, false, false, "choose-base tune deploy-tuned evaluate-tuned gate-scenario deploy")]
    [InlineData(true, false, true, "choose-base tune deploy-tuned evaluate-tuned gate-scenario deploy agent agent-run gate-agent")]
    [InlineData(true, true, false, "choose-base tune deploy-tuned evaluate-tuned gate-scenario deploy")]
    [InlineData(true, true, true, "choose-base tune deploy-tuned evaluate-tuned gate-scenario deploy agent agent-run gate-agent")]
    public async Task Each_path_of_the_decisions_is_a_plan_that_runs(bool isComplex, bool hasCompute, bool mustAct, string steps)
    {
        downstream.Average = model => model.EndsWith("-candidate-2", StringComparison.Ordinal) ? 0.7 : 0.55;
        var run = await pipelines.EndAsync((await pipelines.StartTourAsync(Application(isComplex, hasCompute, mustAct))).Id);

        Assert.True(run.State == PipelineState.Succeeded, run.Describe());
        Assert.Equal($"deploy-candidate-1 evaluate-candidate-1 deploy-candidate-2 evaluate-candidate-2 {steps}", string.Join(' ', run.Steps.Select(step => step.Name)));
        Assert.Equal(["evaluate-candidate-1", "evaluate-candidate-2"], Step(run, "choose-base").After);
        Assert.Equal("candidate-2", run.Results["chosen"]);
        if (isComplex)
        {
            var tune = downstream.Bodies["sft"].Deserialize<SftSpec>(PlatformJson.Options)!;
            Assert.Equal(("second", hasCompute ? "full" : "lora"), (tune.BaseModelArtifactId, tune.Method));
        }
    }

    [Fact]
    public async Task Candidates_without_a_score_close_the_choice()
    {
        downstream.Average = _ => null;
        var run = await pipelines.EndAsync((await pipelines.StartTourAsync(Application(false, false, false))).Id);

        Assert.Equal(PipelineState.Failed, run.State);
        Assert.EndsWith(":gate-closed", Step(run, "choose-base").Problem!.Type, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_preview_lists_the_steps_and_starts_nothing()
    {
        using var answer = await pipelines.Client().PostAsJsonAsync("api/pipelines/preview", Application(true, false, true), PlatformJson.Options, Cancel);
        var plan = (await answer.Content.ReadFromJsonAsync<PlanView>(PlatformJson.Options, Cancel))!;

        Assert.Equal(["choose-base", "gate-scenario", "gate-agent"], plan.Steps.Where(step => step.IsGate).Select(step => step.Name));
        Assert.Empty(downstream.Started);
    }

    [Theory]
    [InlineData("""{"plan":"application"}""", "decision-invalid")]
    [InlineData("""{"plan":"application","application":{"candidateArtifactIds":[],"questionsArtifactId":"q"}}""", "decision-invalid")]
    [InlineData("""{"plan":"application","application":{"candidateArtifactIds":["a"],"questionsArtifactId":"q","isComplex":true}}""", "decision-invalid")]
    [InlineData("""{"plan":"application","application":{"candidateArtifactIds":["a"],"questionsArtifactId":"q","bits":3}}""", "decision-invalid")]
    [InlineData("""{"plan":"application","application":{"candidateArtifactIds":["a"],"questionsArtifactId":"q","goodEnough":1.5}}""", "decision-invalid")]
    [InlineData("""{"plan":"tour","thresholds":{"gate-luck":1}}""", "threshold-unknown")]
    public async Task Decisions_that_make_no_plan_are_refused_by_name(string body, string problem)
    {
        foreach (var route in (string[])["runs", "preview"])
        {
            using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
            using var answer = await pipelines.Client().PostAsync($"api/pipelines/{route}", content, Cancel);

            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Equal($"urn:intern-platform:pipelines:{problem}", (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("type").GetString());
        }
    }

    private static StartPipeline Application(bool isComplex, bool hasCompute, bool mustAct) => new()
    {
        Plan = "application",
        Application = new()
        {
            CandidateArtifactIds = ["first", "second"],
            QuestionsArtifactId = "questions",
            IsComplex = isComplex,
            HasCompute = hasCompute,
            TuningArtifactIds = isComplex ? ["dialogues"] : [],
            MustAct = mustAct,
            AgentQuestion = "What is 4821 plus 3492?",
        },
    };

    private static PipelineStepView Step(PipelineRunView run, string name) => run.Steps.Single(step => step.Name == name);
}
