using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Deployment;

/// <summary>Tool calls of <c>/v1/chat/completions</c>, on a random model: what comes out is the grammar's doing.</summary>
public sealed class ToolTests(DeploymentHost host) : IClassFixture<DeploymentHost>
{
    private const string Tools = """
        [
          {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": {"type": "object", "properties": {"city": {"type": "string", "enum": ["Paris", "上海"]}, "days": {"type": "integer"}, "wind": {"type": "number"}}, "required": ["city", "days", "wind"]}}},
          {"type": "function", "function": {"name": "now"}}
        ]
        """;

    [Fact]
    public async Task A_required_call_is_one_of_several_tools_with_arguments_that_fit()
    {
        var names = new HashSet<string>();
        for (var seed = 0; seed < 12; seed++)
        {
            var choice = (await host.ChatAsync(Ask(("tool_choice", "required"), ("seed", seed)))).GetProperty("choices")[0];
            var call = Assert.Single(choice.GetProperty("message").GetProperty("tool_calls").EnumerateArray());
            Assert.Equal(("tool_calls", JsonValueKind.Null), (choice.GetProperty("finish_reason").GetString(), choice.GetProperty("message").GetProperty("content").ValueKind));
            Assert.Equal("function", call.GetProperty("type").GetString());
            Assert.StartsWith("call", call.GetProperty("id").GetString(), StringComparison.Ordinal);
            names.Add(Fits(call.GetProperty("function")));
        }

        Assert.Equal(["now", "weather"], names.Order());
    }

    [Fact]
    public async Task A_named_tool_is_the_one_that_is_called()
    {
        for (var seed = 0; seed < 4; seed++)
        {
            var answer = await host.ChatAsync(Ask(("seed", seed), ("tool_choice", JsonNode.Parse("""{"type": "function", "function": {"name": "now"}}""")!)));
            var call = Assert.Single(answer.GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls").EnumerateArray());
            Assert.Equal("now", Fits(call.GetProperty("function")));
        }
    }

    [Fact]
    public async Task A_call_streams_as_its_name_and_then_its_arguments()
    {
        var whole = (await host.ChatAsync(Ask(("tool_choice", "required"), ("seed", 3)))).GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function");
        var lines = await host.StreamAsync("v1/chat/completions", Ask(("tool_choice", "required"), ("seed", 3)));
        var parts = lines[..^1].Select(line => JsonElement.Parse(line).GetProperty("choices")[0]).ToList();
        var calls = parts.Where(part => part.GetProperty("delta").TryGetProperty("tool_calls", out _)).Select(part => Assert.Single(part.GetProperty("delta").GetProperty("tool_calls").EnumerateArray())).ToList();

        Assert.All(calls, call => Assert.Equal(0, call.GetProperty("index").GetInt32()));
        Assert.Equal("function", calls[0].GetProperty("type").GetString());
        Assert.NotEqual("", calls[0].GetProperty("id").GetString());
        Assert.Equal((whole.GetProperty("name").GetString(), ""), (calls[0].GetProperty("function").GetProperty("name").GetString(), calls[0].GetProperty("function").GetProperty("arguments").GetString()));
        Assert.All(calls.Skip(1), call => Assert.False(call.TryGetProperty("id", out _) || call.GetProperty("function").TryGetProperty("name", out _)));
        Assert.Equal(whole.GetProperty("arguments").GetString(), string.Concat(calls.Select(call => call.GetProperty("function").GetProperty("arguments").GetString())));
        Assert.Equal("tool_calls", parts[^1].GetProperty("finish_reason").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_model_begins_of_its_own_accord_is_a_call_too_and_a_single_one_where_parallel_calls_are_off(bool parallel)
    {
        var opening = TinyModel.Tokenizer.IdOf("<|action_start|>")!.Value;
        var most = 0;
        for (var seed = 0; seed < 6; seed++)
        {
            var choice = (await host.ChatAsync(Ask(
                ("tool_choice", "auto"), ("parallel_tool_calls", parallel), ("seed", seed), ("max_tokens", 300), ("ignore_eos", true),
                ("logit_bias", new JsonObject { [$"{opening}"] = 9 })))).GetProperty("choices")[0];
            var calls = choice.GetProperty("message").GetProperty("tool_calls").EnumerateArray().ToList();
            Assert.All(calls, call => Fits(call.GetProperty("function")));
            Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
            most = Math.Max(most, calls.Count);
        }

        Assert.True(parallel ? most > 1 : most == 1, $"{most}");
    }

    [Fact]
    public async Task Without_a_choice_the_model_may_answer_in_words_and_none_forbids_calls()
    {
        var free = (await host.ChatAsync(Ask(("max_tokens", 8)))).GetProperty("choices")[0];
        Assert.Equal(JsonValueKind.String, free.GetProperty("message").GetProperty("content").ValueKind);

        var opening = TinyModel.Tokenizer.IdOf("<|action_start|>")!.Value;
        var none = (await host.ChatAsync(Ask(("tool_choice", "none"), ("max_tokens", 40), ("logit_bias", new JsonObject { [$"{opening}"] = 9 })))).GetProperty("choices")[0];
        Assert.False(none.GetProperty("message").TryGetProperty("tool_calls", out _));
    }

    [Fact]
    public async Task The_result_of_a_call_goes_back_to_the_model()
    {
        var called = (await host.ChatAsync(Ask(("tool_choice", "required")))).GetProperty("choices")[0].GetProperty("message");
        var body = Ask(("max_tokens", 10));
        var messages = body["messages"]!.AsArray();
        messages.Add(JsonNode.Parse(called.GetRawText()));
        messages.Add(new JsonObject { ["role"] = "tool", ["tool_call_id"] = called.GetProperty("tool_calls")[0].GetProperty("id").GetString(), ["content"] = "{\"sky\": \"clear\"}" });

        var without = (await host.ChatAsync(Ask(("max_tokens", 10)))).GetProperty("usage").GetProperty("prompt_tokens").GetInt32();
        var answer = await host.ChatAsync(body);
        Assert.True(answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32() > without + 20);
    }

    [Fact]
    public async Task A_strict_tool_that_cannot_be_enforced_is_refused_by_its_keyword_and_a_loose_one_is_not()
    {
        const string Schema = """{"type": "object", "properties": {"a": {"type": "string", "pattern": "x+"}}, "required": ["a"]}""";
        var strict = Ask(("tools", JsonNode.Parse($$$"""[{"type": "function", "function": {"name": "f", "strict": true, "parameters": {{{Schema}}}}}]""")!));
        var (status, error) = await host.RefusalAsync("v1/chat/completions", strict);
        Assert.Equal((HttpStatusCode.BadRequest, "unsupported_schema", "tools"), (status, error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        Assert.Contains("'pattern'", error.GetProperty("message").GetString(), StringComparison.Ordinal);

        var loose = await host.ChatAsync(Ask(("tool_choice", "required"), ("tools", JsonNode.Parse($$$"""[{"type": "function", "function": {"name": "f", "parameters": {{{Schema}}}}}]""")!)));
        var arguments = loose.GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString()!;
        Assert.Equal(JsonValueKind.Object, JsonElement.Parse(arguments).ValueKind);
    }

    [Fact]
    public async Task Two_tools_of_one_name_are_refused()
    {
        var twice = Ask(("tools", JsonNode.Parse("""[{"type": "function", "function": {"name": "f"}}, {"type": "function", "function": {"name": "f"}}]""")!));
        var (status, error) = await host.RefusalAsync("v1/chat/completions", twice);
        Assert.Equal((HttpStatusCode.BadRequest, "tools"), (status, error.GetProperty("param").GetString()));
    }

    private static JsonObject Ask(params (string Name, JsonNode Value)[] more)
    {
        var body = DeploymentHost.Chat("weather?", ("max_tokens", 140), ("tools", JsonNode.Parse(Tools)!));
        foreach (var (name, value) in more)
        {
            body[name] = value;
        }

        return body;
    }

    private static string Fits(JsonElement function)
    {
        using var arguments = JsonDocument.Parse(function.GetProperty("arguments").GetString()!);
        var name = function.GetProperty("name").GetString()!;
        if (name == "now")
        {
            Assert.Empty(arguments.RootElement.EnumerateObject());
            return name;
        }

        Assert.Equal(["city", "days", "wind"], arguments.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Contains(arguments.RootElement.GetProperty("city").GetString(), new[] { "Paris", "上海" });
        Assert.True(arguments.RootElement.GetProperty("days").TryGetInt64(out _));
        Assert.Equal(JsonValueKind.Number, arguments.RootElement.GetProperty("wind").ValueKind);
        return name;
    }
}
