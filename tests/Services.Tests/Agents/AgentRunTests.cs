using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Contracts.Agents;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Agents;

public sealed class AgentRunTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private FakeModels models = null!;
    private AgentsHost agents = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        models = await FakeModels.StartAsync();
        agents = await AgentsHost.StartAsync(folder.Path, models);
    }

    public async ValueTask DisposeAsync()
    {
        await agents.DisposeAsync();
        await models.DisposeAsync();
        folder.Dispose();
    }

    [Theory]
    [InlineData("What is 12345678901234567890 plus 1 ?", "12345678901234567891")]
    [InlineData("What is 0.1 plus 0.2 ?", "0.3")]
    [InlineData("What is 4817 plus 2946 ?", "7763")]
    public async Task The_number_is_right_because_the_tool_ran(string question, string sum)
    {
        models.Say = FakeModels.Copier;
        var agent = await agents.CreateAsync(new() { Name = "adder", Model = FakeModels.Model });
        var run = await agents.EndAsync("adder", question);

        Assert.Equal((AgentRunState.Succeeded, $"The answer is {sum}."), (run.State, run.Answer));
        Assert.Equal("1 model ok; 2 tool-call(1) ok; 3 model ok; 4 answer(3) ok", AgentsHost.Steps(run));
        Assert.Equal(("calculator", sum), (run.Steps[1].Tool, run.Steps[1].Result));
        Assert.All(run.Steps.Take(3), step => Assert.NotNull(step.Milliseconds));
        Assert.Equal((11, 7), (run.Steps[0].PromptTokens, run.Steps[0].CompletionTokens));
        Assert.Equal(agent.Id, run.AgentId);
    }

    [Fact]
    public async Task The_model_is_held_to_a_call_until_a_tool_has_answered()
    {
        models.Say = FakeModels.Copier;
        await agents.CreateAsync(new() { Name = "adder", Model = FakeModels.Model });
        await agents.EndAsync("adder", "What is 17 plus 5 ?");

        var asked = models.Asked.ToArray();
        Assert.Equal(["required", "auto"], asked.Select(body => body.GetProperty("tool_choice").GetString()));
        Assert.All(asked, body => Assert.Equal((0, 5, FakeModels.Model), (body.GetProperty("temperature").GetInt32(), body.GetProperty("seed").GetInt32(), body.GetProperty("model").GetString())));
        Assert.Equal(
            """[{"type":"function","function":{"name":"calculator","parameters":{"type":"object","properties":{"a":{"type":"number"},"b":{"type":"number"},"op":{"type":"string","enum":["add","subtract","multiply","divide"]}},"required":["a","b","op"],"additionalProperties":false}}}]""",
            JsonSerializer.Serialize(asked[0].GetProperty("tools")));
        Assert.Equal(["user", "assistant", "tool"], asked[1].GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        Assert.Equal("22", asked[1].GetProperty("messages")[2].GetProperty("content").GetString());
    }

    [Theory]
    [InlineData("calculator", """{"a": 1, "b": 2, "op": "power"}""", "arguments-invalid", "'op' must be one of")]
    [InlineData("calculator", """{"a": "1", "b": 2, "op": "add"}""", "arguments-invalid", "'a' must be a number")]
    [InlineData("calculator", """{"a": 1, "op": "add"}""", "arguments-invalid", "'b' is missing")]
    [InlineData("calculator", """{"a": 1""", "arguments-invalid", "not JSON")]
    [InlineData("oracle", "{}", "unknown-tool", "There is no tool 'oracle'; known: calculator")]
    public async Task A_call_that_cannot_be_used_is_mended_once(string tool, string arguments, string status, string told)
    {
        var first = true;
        models.Say = body =>
        {
            var bad = first;
            first = false;
            return bad ? FakeModels.Call(tool, arguments) : models.Asked.Count == 2 ? FakeModels.Call("calculator", """{"a": 6, "b": 7, "op": "multiply"}""") : FakeModels.Copier(body);
        };
        await agents.CreateAsync(new() { Name = "adder", Model = FakeModels.Model });
        var run = await agents.EndAsync("adder", "What is 6 times 7 ?");

        Assert.Equal($"1 model ok; 2 tool-call(1) {status}; 3 repair(1) ok; 4 model ok; 5 tool-call(4) ok; 6 model ok; 7 answer(6) ok", AgentsHost.Steps(run));
        Assert.Equal("The answer is 42.", run.Answer);
        Assert.Contains(told, models.Asked.ToArray()[1].GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("arguments-invalid", """{"a": true, "b": 2, "op": "add"}""", 2)]
    [InlineData("unknown-tool", null, 2)]
    [InlineData("tool-failed", """{"a": 1, "b": 0, "op": "divide"}""", 2)]
    public async Task A_call_that_is_not_mended_ends_the_run_by_its_name(string problem, string? arguments, int asked)
    {
        models.Say = _ => arguments is null ? FakeModels.Call("oracle", "{}") : FakeModels.Call("calculator", arguments);
        await agents.CreateAsync(new() { Name = "adder", Model = FakeModels.Model });
        var run = await agents.EndAsync("adder", "What is 1 plus 2 ?");

        Assert.Equal((AgentRunState.Failed, $"urn:intern-platform:agents:{problem}"), (run.State, run.Problem?.Type));
        Assert.Equal($"1 model ok; 2 tool-call(1) {problem}; 3 repair(1) ok; 4 model ok; 5 tool-call(4) {problem}", AgentsHost.Steps(run));
        Assert.Equal(asked, models.Asked.Count);
        Assert.NotNull(run.Problem!.Detail);
        Assert.Null(run.Answer);
    }

    [Fact]
    public async Task A_run_that_never_answers_ends_at_its_limit()
    {
        models.Say = _ => FakeModels.Call("calculator", """{"a": 1, "b": 2, "op": "add"}""");
        await agents.CreateAsync(new() { Name = "adder", Model = FakeModels.Model, MaxSteps = 3 });
        var run = await agents.EndAsync("adder", "What is 1 plus 2 ?");

        Assert.Equal("urn:intern-platform:agents:step-limit", run.Problem?.Type);
        Assert.Equal(3, models.Asked.Count);
    }

    [Theory]
    [InlineData("function-calling", "  ", "empty-answer")]
    [InlineData("function-calling", "The answer is 3.", "tool-not-called")]
    [InlineData("react", "", "empty-answer")]
    [InlineData("react", "Thought: I know.\nFinal Answer:", "empty-answer")]
    [InlineData("react", "The answer is 3.", "arguments-invalid")]
    public async Task Words_that_are_no_answer_are_named(string strategy, string words, string problem)
    {
        models.Say = _ => FakeModels.Text(words);
        await agents.CreateAsync(new() { Name = "adder", Model = FakeModels.Model, Strategy = strategy });
        var run = await agents.EndAsync("adder", "What is 1 plus 2 ?");

        Assert.Equal((AgentRunState.Failed, $"urn:intern-platform:agents:{problem}"), (run.State, run.Problem?.Type));
    }

    [Fact]
    public async Task A_model_that_is_away_is_waited_for_and_then_named()
    {
        var away = 3;
        models.Say = body => away-- > 0 ? null : FakeModels.Copier(body);
        await agents.CreateAsync(new() { Name = "adder", Model = FakeModels.Model });
        Assert.Equal("The answer is 3.", (await agents.EndAsync("adder", "What is 1 plus 2 ?")).Answer);

        models.Say = _ => null;
        var run = await agents.EndAsync("adder", "What is 1 plus 2 ?");
        Assert.Equal("urn:intern-platform:agents:model-away", run.Problem?.Type);
        Assert.Equal("1 model failed", AgentsHost.Steps(run));
    }

    [Fact]
    public async Task A_refusal_of_the_model_is_passed_on_and_not_repeated()
    {
        models.Refuse = 400;
        await agents.CreateAsync(new() { Name = "adder", Model = FakeModels.Model });
        var run = await agents.EndAsync("adder", "What is 1 plus 2 ?");

        Assert.Equal(("urn:intern-platform:agents:model-refused", "The prompt is too long."), (run.Problem?.Type, run.Problem?.Detail));
        Assert.Single(models.Asked);
    }

    [Fact]
    public async Task Several_calls_of_one_turn_are_carried_out_one_after_the_other()
    {
        models.Say = body => models.Asked.Count == 1
            ? FakeModels.Calls(("calculator", """{"a": 1, "b": 2, "op": "add"}"""), ("calculator", """{"a": 3, "b": 4, "op": "multiply"}"""))
            : FakeModels.Text(string.Join(' ', body.GetProperty("messages").EnumerateArray().Where(message => message.GetProperty("role").GetString() == "tool").Select(message => message.GetProperty("content").GetString())));
        await agents.CreateAsync(new() { Name = "adder", Model = FakeModels.Model, Instructions = "Be brief." });
        var run = await agents.EndAsync("adder", "q");

        Assert.Equal("3 12", run.Answer);
        Assert.Equal("1 model ok; 2 tool-call(1) ok; 3 tool-call(1) ok; 4 model ok; 5 answer(4) ok", AgentsHost.Steps(run));
        Assert.Equal("Be brief.", models.Asked.First().GetProperty("messages")[0].GetProperty("content").GetString());
    }

    [Fact]
    public async Task ReAct_thinks_acts_and_answers_as_text()
    {
        models.Say = body =>
        {
            var last = body.GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString()!;
            return FakeModels.Text(last.StartsWith("Observation: ", StringComparison.Ordinal)
                ? $"Thought: I know the answer\nFinal Answer: {last["Observation: ".Length..]}"
                : "**Thought:** I must multiply.\n**Action:** calculator\n**Action Input:** ```json\n{\"a\": 12, \"b\": 12, \"op\": \"multiply\"}\n```\nObservation: 7");
        };
        await agents.CreateAsync(new() { Name = "thinker", Model = FakeModels.Model, Strategy = "react" });
        var run = await agents.EndAsync("thinker", "What is 12 times 12?");

        Assert.Equal("144", run.Answer);
        Assert.Equal("1 model ok; 2 thought(1) ok; 3 tool-call(2) ok; 4 model ok; 5 thought(4) ok; 6 answer(5) ok", AgentsHost.Steps(run));
        var asked = models.Asked.First();
        Assert.False(asked.TryGetProperty("tools", out _));
        Assert.Contains("calculator: ", asked.GetProperty("messages")[0].GetProperty("content").GetString(), StringComparison.Ordinal);
        Assert.Equal("\nObservation:", asked.GetProperty("stop")[0].GetString());
    }

    [Fact]
    public async Task A_run_is_cancelled_while_the_model_is_at_work()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        models.Interrupt = async (_, after, gone) =>
        {
            reached.TrySetResult();
            await Task.WhenAny(Task.Delay(Timeout.Infinite, gone));
            return true;
        };
        await agents.CreateAsync(new() { Name = "adder", Model = FakeModels.Model });
        var run = await agents.AskAsync("adder", "What is 1 plus 2 ?");
        await reached.Task;
        using var first = await agents.Client().PostAsync($"api/agents/runs/{run.Id}/cancel", null, Cancel);
        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);

        Assert.Equal((AgentRunState.Cancelled, "1 model cancelled"), (await agents.EndAsync(run.Id) is var ended ? ended.State : default, AgentsHost.Steps(ended)));
        using var second = await agents.Client().PostAsync($"api/agents/runs/{run.Id}/cancel", null, Cancel);
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
    }

    [Fact]
    public async Task Steps_are_told_as_they_come_and_from_where_the_caller_left()
    {
        models.Say = FakeModels.Copier;
        await agents.CreateAsync(new() { Name = "adder", Model = FakeModels.Model });
        var run = await agents.AskAsync("adder", "What is 1 plus 2 ?");
        var all = await EventsAsync(run.Id, null);

        Assert.Equal("run", all[^1].EventType);
        Assert.Equal(all.Select(item => item.EventId).Distinct().Count(), all.Count);
        var steps = all.Where(item => item.EventType == "step").Select(item => JsonSerializer.Deserialize<AgentStepView>(item.Data, PlatformJson.Options)!).ToList();
        Assert.Equal([1, 2, 3, 4], steps.Select(step => step.Number).Distinct());
        Assert.Equal(["ok", "ok", "ok", "ok"], steps.GroupBy(step => step.Number).Select(step => step.Last().Status));

        var rest = await EventsAsync(run.Id, all[^3].EventId);
        Assert.Equal(all.TakeLast(2).Select(item => item.EventId), rest.Select(item => item.EventId));
        using var nothing = await WatchAsync(run.Id, all[^1].EventId);
        Assert.Equal(HttpStatusCode.NoContent, nothing.StatusCode);
        using var wrong = await WatchAsync(run.Id, "x");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task The_same_key_asks_once()
    {
        models.Say = FakeModels.Copier;
        await agents.CreateAsync(new() { Name = "adder", Model = FakeModels.Model });
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "api/agents/agents/adder/runs");
            request.Headers.Add("Idempotency-Key", "k");
            request.Content = JsonContent.Create(new JsonObject { ["question"] = i < 2 ? "What is 1 plus 2 ?" : "another" });
            using var answer = await agents.Client().SendAsync(request, Cancel);
            Assert.Equal(i < 2 ? HttpStatusCode.Accepted : HttpStatusCode.Conflict, answer.StatusCode);
            if (i < 2)
            {
                ids.Add((await answer.Content.ReadFromJsonAsync<AgentRunView>(PlatformJson.Options, Cancel))!.Id);
            }
        }

        Assert.Single(ids.Distinct());
    }

    private async Task<List<SseItem<string>>> EventsAsync(Guid run, string? lastEventId)
    {
        using var answer = await WatchAsync(run, lastEventId);
        List<SseItem<string>> items = [];
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync(Cancel)).EnumerateAsync(Cancel))
        {
            items.Add(item);
        }

        return items;
    }

    private async Task<HttpResponseMessage> WatchAsync(Guid run, string? lastEventId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/agents/runs/{run}/events");
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        return await agents.Client().SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
    }
}
