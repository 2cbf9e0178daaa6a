using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Evaluation;

/// <summary>The job: what it asks, how it fails, and how it goes on.</summary>
public sealed class EvaluateJobTests(EvaluationHost host) : IClassFixture<EvaluationHost>, IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        host.Model.Score = (_, _) => -1;
        host.Model.Write = _ => "x";
        host.Model.Before = (_, _) => Task.FromResult(0);
        host.Model.Capabilities = ["chat", "completions", "logprobs", "json_schema", "tools"];
        host.Model.Template = "internlm2";
        host.Model.ContextLength = 100_000;
        host.Model.Asked.Clear();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task The_sample_is_asked_by_choice_and_by_generation_in_six_dimensions()
    {
        host.Model.Write = prompt => prompt.Contains('7') ? "7" : "";
        var (job, result) = await host.SucceedAsync(await host.StartAsync("intern-sample", await host.StoreRecordsAsync(RealSets.Sample(10))));
        Assert.Equal(120, result.Samples);
        Assert.Equal(12, result.Scores.Count);
        Assert.Equal(["exam", "language", "knowledge", "understanding", "reasoning", "safety"], result.Scores.Where(score => score.IsHeadline).Select(score => score.Dimension));
        Assert.Equal(result.Scores.Where(score => score.IsHeadline).Average(score => score.Value), result.Average);

        var exam = result.Scores.Single(score => score is { Dimension: "exam", Mode: "generation" });
        Assert.True(exam.Unparsed > 0, "a model that writes nothing is counted beside the score");
        Assert.Equal(10, exam.Count);
        var samples = await host.SamplesAsync(job.Id, "dimension=exam&verdict=unparsed&limit=200");
        Assert.Equal(exam.Unparsed, samples.Total);
        Assert.All(samples.Samples, sample => Assert.Equal("The model wrote nothing.", sample.Problem));
        Assert.All(samples.Samples, sample => Assert.EndsWith("<|im_start|>assistant\n", sample.Prompt, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Prompts_are_the_templates_own_tokens_and_choices_of_a_question_share_a_request()
    {
        await host.SucceedAsync(await host.StartAsync("intern-sample", await host.StoreRecordsAsync(RealSets.Sample(2)), limit: 3));
        var scored = host.Model.Asked.Select(body => JsonElement.Parse(body)).First(body => body.TryGetProperty("echo", out _));
        Assert.Equal((0, 0), (scored.GetProperty("max_tokens").GetInt32(), scored.GetProperty("logprobs").GetInt32()));
        var start = TinyModel.Tokenizer.IdOf("<|im_start|>");
        Assert.All(scored.GetProperty("prompt").EnumerateArray(), prompt => Assert.Equal(2, prompt.EnumerateArray().Count(id => id.GetInt32() == start)));
        Assert.True(scored.GetProperty("prompt").GetArrayLength() >= 2);
    }

    [Fact]
    public async Task Tool_calls_are_exact_or_not_and_results_used_or_not()
    {
        host.Model.Chat = body =>
        {
            var messages = body.GetProperty("messages");
            if (messages[messages.GetArrayLength() - 1].GetProperty("role").GetString() == "tool")
            {
                return new JsonObject { ["content"] = $"The answer is {messages[2].GetProperty("content").GetString()}." };
            }

            Assert.Equal("required", body.GetProperty("tool_choice").GetString());
            Assert.Equal("object", body.GetProperty("tools")[0].GetProperty("function").GetProperty("parameters").GetProperty("type").GetString());
            return Call("""{"a": 1, "b": 2, "op": "add"}""");
        };
        var (job, result) = await host.SucceedAsync(await host.StartAsync("intern-tools", await host.StoreRecordsAsync(RealSets.Tools(3, 10))));
        Assert.Equal([("call_exact", 0.0, true), ("result_used", 1.0, false)], result.Scores.Select(score => (score.Metric, score.Value!.Value, score.IsHeadline)));
        Assert.Null(result.Average);
        var sample = (await host.SamplesAsync(job.Id, "metric=call_exact&limit=1")).Samples.Single();
        Assert.Equal(3, sample.Details!.Value.GetProperty("digits").GetInt32());

        var right = JsonElement.Parse(sample.Expected["calculator ".Length..]);
        host.Model.Chat = _ => Call($$"""{"op": "{{right.GetProperty("op").GetString()}}", "b": {{right.GetProperty("b")}}, "a": {{right.GetProperty("a")}}}""");
        (job, _) = await host.SucceedAsync(await host.StartAsync("intern-tools", await host.StoreRecordsAsync(RealSets.Tools(3, 10)), seed: 2));
        Assert.Equal("right", (await host.SamplesAsync(job.Id, "metric=call_exact&limit=200")).Samples.Single(other => other.Row == sample.Row).Verdict);

        static JsonObject Call(string arguments) => new()
        {
            ["tool_calls"] = new JsonArray(new JsonObject { ["function"] = new JsonObject { ["name"] = "calculator", ["arguments"] = arguments } }),
        };
    }

    [Fact]
    public async Task Each_benchmark_takes_its_own_questions_out_of_the_sample()
    {
        var dataset = await host.StoreRecordsAsync([.. RealSets.Sample(2), .. RealSets.Tools(3, 4)]);
        var (_, six) = await host.SucceedAsync(await host.StartAsync("intern-sample", dataset));
        Assert.Equal(24, six.Samples);
        var (_, tools) = await host.SucceedAsync(await host.StartAsync("intern-tools", dataset, limit: 3));
        Assert.Equal(6, tools.Samples);
        Assert.Equal("dataset-empty", (await host.FailAsync(await host.StartAsync("intern-tools", await host.StoreRecordsAsync(RealSets.Sample(1))))).Problem);
    }

    [Fact]
    public async Task Perplexity_is_per_token_and_per_byte_over_windows_of_the_context()
    {
        host.Model.ContextLength = 16;
        host.Model.Score = (_, _) => -0.5;
        object dialogue = new { messages = new[] { new { role = "user", content = "Who?" } } };
        var dataset = await host.StoreRowsAsync(Enumerable.Range(0, 5).Select(i => (object)new { text = string.Concat(Enumerable.Repeat($"The quick brown fox {i} ", 10)) }).Append(dialogue));
        var (_, result) = await host.SucceedAsync(await host.StartAsync("perplexity", dataset));
        Assert.Equal(Math.Exp(0.5), result.Scores[0].Value!.Value, 12);
        Assert.Equal(("perplexity", "nats_per_byte", 5), (result.Scores[0].Metric, result.Scores[1].Metric, result.Scores[0].Count));
        Assert.InRange(result.Scores[1].Value!.Value, 0.05, 0.5);
        Assert.All(host.Model.Asked.SelectMany(body => JsonElement.Parse(body).GetProperty("prompt").EnumerateArray()), prompt => Assert.InRange(prompt.GetArrayLength(), 2, 16));
    }

    [Fact]
    public async Task A_wrong_column_is_named_with_benchmark_row_and_what_the_set_has()
    {
        var dataset = await host.StoreRecordsAsync([new { question = "1+1?", answer = "A", A = "2", B = "3", C = "4", D = "5" }, new { frage = "1+2?", answer = "A" }]);
        var (job, problem) = await host.FailAsync(await host.StartAsync("mmlu", dataset));
        Assert.Equal("wrong-column", problem);
        Assert.Contains("'mmlu'", job.Problem!.Title, StringComparison.Ordinal);
        foreach (var said in (string[])["'choices'", "row 1", "frage, answer"])
        {
            Assert.Contains(said.Replace("'choices'", "'A'", StringComparison.Ordinal), job.Problem.Detail, StringComparison.Ordinal);
        }

        Assert.Empty(host.Model.Asked);
    }

    [Fact]
    public async Task Records_without_an_answer_are_refused()
    {
        var dataset = await host.StoreRecordsAsync([new { question = "Who?", answer = (string?)null }]);
        var (job, problem) = await host.FailAsync(await host.StartAsync("question-answer", dataset));
        Assert.Equal("wrong-column", problem);
        Assert.Contains("'answer' in row 0", job.Problem!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_endpoint_cannot_do_is_refused_by_name_before_anything_is_asked()
    {
        host.Model.Capabilities = ["chat", "completions"];
        var (job, problem) = await host.FailAsync(await host.StartAsync("intern-sample", await host.StoreRecordsAsync(RealSets.Sample(1))));
        Assert.Equal("capability-missing", problem);
        Assert.Contains("'logprobs'", job.Problem!.Title, StringComparison.Ordinal);
        Assert.Empty(host.Model.Asked);
    }

    [Fact]
    public async Task A_refused_question_fails_alone_and_is_not_in_the_score()
    {
        var rows = Enumerable.Range(0, 8).Select(i => new { question = i == 5 ? "poison" : $"Number {i}?", answer = "x" }).ToList();
        host.Model.Before = (_, prompt) => Task.FromResult(prompt.Contains("poison", StringComparison.Ordinal) ? 400 : 0);
        var (job, result) = await host.SucceedAsync(await host.StartAsync("question-answer", await host.StoreRecordsAsync(rows)));
        var score = Assert.Single(result.Scores);
        Assert.Equal((7, 1, 1.0), (score.Count, score.Failed, score.Value));
        Assert.Equal(1, result.Failed);
        var failed = Assert.Single((await host.SamplesAsync(job.Id, "verdict=failed")).Samples);
        Assert.Equal(5, failed.Row);
        Assert.Contains("refused with 400", failed.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Questions_longer_than_the_context_fail_and_an_evaluation_of_nothing_else_too()
    {
        host.Model.ContextLength = 8;
        var (job, problem) = await host.FailAsync(await host.StartAsync("question-answer", await host.StoreRecordsAsync([new { question = "Who are you, and who am I?", answer = "x" }])));
        Assert.Equal("nothing-scored", problem);
        Assert.Contains("context is 8", job.Problem!.Detail, StringComparison.Ordinal);
        Assert.Equal("failed", Assert.Single((await host.SamplesAsync(job.Id)).Samples).Verdict);
    }

    [Fact]
    public async Task A_deployment_that_comes_back_is_asked_again()
    {
        host.Model.Before = (call, _) => Task.FromResult(call is 2 or 3 or 4 ? 503 : 0);
        var (_, result) = await host.SucceedAsync(await host.StartAsync("question-answer", await host.StoreRecordsAsync(Questions(40)), concurrency: 8));
        Assert.Equal((40, 0L), (result.Scores[0].Count, result.Failed));
    }

    [Fact]
    public async Task A_deployment_that_is_gone_fails_the_job_and_the_samples_so_far_are_kept()
    {
        host.Model.Before = (call, _) => Task.FromResult(call > 2 ? 404 : 0);
        var (job, problem) = await host.FailAsync(await host.StartAsync("question-answer", await host.StoreRecordsAsync(Questions(40)), concurrency: 8));
        Assert.Equal("model-not-found", problem);
        Assert.Equal(16, (await host.SamplesAsync(job.Id)).Total);
    }

    [Fact]
    public async Task A_killed_worker_is_followed_by_one_that_goes_on_and_ends_with_the_same_bytes()
    {
        var dataset = await host.StoreRecordsAsync(RealSets.Sample(8));
        var (_, undisturbed) = await host.SucceedAsync(await host.StartAsync("intern-sample", dataset));
        var calls = host.Model.Asked.Count;
        host.Model.Asked.Clear();
        host.Model.Before = async (_, _) =>
        {
            await Task.Delay(60);
            return 0;
        };
        var started = await host.StartAsync("intern-sample", dataset);
        while ((await host.SamplesAsync(started.Id)).Total < 20)
        {
            await Task.Delay(20, Cancel);
        }

        await host.KillAsync(started.Id);
        var (job, result) = await host.SucceedAsync(started);
        Assert.Equal(2, job.Attempt);
        Assert.Equal(undisturbed.ArtifactId, result.ArtifactId);
        Assert.InRange(host.Model.Asked.Count, calls, calls + 8);
    }

    [Fact]
    public async Task Another_model_behind_the_name_is_refused()
    {
        var spec = new EvaluateSpec
        {
            Name = "other",
            Model = "fake",
            ModelArtifactId = new string('0', 64),
            Suites = [new EvaluateSuite { Benchmark = "question-answer", DatasetArtifactId = await host.StoreRecordsAsync(Questions(1)) }],
        };
        Assert.Equal("model-changed", (await host.FailAsync(await host.StartAsync(spec))).Problem);
    }

    [Fact]
    public async Task Everything_wrong_with_a_spec_is_said_at_once()
    {
        var spec = new { name = "", model = "m", suites = new[] { new { benchmark = "no", datasetArtifactId = "x", limit = 0 } } };
        using var answer = await host.Client.PostAsJsonAsync("api/evaluation/jobs", new { kind = "evaluate", spec }, PlatformJson.Options, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var errors = (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("errors").EnumerateObject().Select(error => error.Name);
        Assert.Equal(["name", "suites[0].benchmark", "suites[0].datasetArtifactId", "suites[0].limit"], errors.Order());
    }

    private static IEnumerable<object> Questions(int count) => Enumerable.Range(0, count).Select(i => new { question = $"Number {i}?", answer = "x" });
}
