using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Contracts.Deployment;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using Xunit;

namespace InternPlatform.Services.Tests.Deployment;

public sealed class OpenAiProtocolTests(DeploymentHost host) : IClassFixture<DeploymentHost>
{
    private const string Schema = """
        {"type": "object", "properties": {"city": {"type": "string", "enum": ["Paris", "上海"]}, "days": {"type": "integer"}}, "required": ["city", "days"], "additionalProperties": false}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_joined_is_the_whole_answer_and_the_seed_decides()
    {
        var whole = await host.ChatAsync(DeploymentHost.Chat("hello", ("n", 2), ("logprobs", true), ("top_logprobs", 3)));
        var again = await host.ChatAsync(DeploymentHost.Chat("hello", ("n", 2)));
        var lines = await host.StreamAsync("v1/chat/completions", DeploymentHost.Chat("hello", ("n", 2), ("stream_options", new JsonObject { ["include_usage"] = true })));

        Assert.Equal("[DONE]", lines[^1]);
        var chunks = lines[..^1].Select(line => JsonElement.Parse(line)).ToList();
        Assert.All(chunks, chunk => Assert.True(chunk.TryGetProperty("usage", out _)));
        Assert.Empty(chunks[^1].GetProperty("choices").EnumerateArray());
        Assert.Equal(whole.GetProperty("usage").GetProperty("total_tokens").GetInt32(), chunks[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32());
        for (var i = 0; i < 2; i++)
        {
            var choice = whole.GetProperty("choices")[i];
            var parts = chunks.SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray()).Where(part => part.GetProperty("index").GetInt32() == i).ToList();
            Assert.Equal("assistant", parts[0].GetProperty("delta").GetProperty("role").GetString());
            Assert.Equal(Content(choice), string.Concat(parts.Select(part => part.GetProperty("delta").TryGetProperty("content", out var text) ? text.GetString() : "")));
            Assert.Equal(choice.GetProperty("finish_reason").GetString(), parts[^1].GetProperty("finish_reason").GetString());
            Assert.Equal(Content(choice), Content(again.GetProperty("choices")[i]));
            Assert.All(choice.GetProperty("logprobs").GetProperty("content").EnumerateArray(), token => Assert.Equal(3, token.GetProperty("top_logprobs").GetArrayLength()));
        }

        Assert.NotEqual(Content(whole.GetProperty("choices")[0]), Content(whole.GetProperty("choices")[1]));
    }

    [Fact]
    public async Task The_official_client_streams_calls_tools_and_reads_log_probabilities()
    {
        var client = new ChatClient(DeploymentHost.Model, new ApiKeyCredential("unused"), Options());
        var text = "";
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("hello")], new ChatCompletionOptions { MaxOutputTokenCount = 20, Temperature = 0 }, Cancel))
        {
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
        }

        Assert.NotEqual("", text);

        var options = new ChatCompletionOptions { MaxOutputTokenCount = 100, IncludeLogProbabilities = true, ToolChoice = ChatToolChoice.CreateRequiredChoice() };
        options.Tools.Add(ChatTool.CreateFunctionTool("weather", null, BinaryData.FromString("""{"type": "object", "properties": {"city": {"enum": ["Paris", "上海"]}}, "required": ["city"]}""")));
        ChatCompletion called = await client.CompleteChatAsync([new UserChatMessage("weather?")], options, Cancel);
        Assert.Equal(ChatFinishReason.ToolCalls, called.FinishReason);
        var call = Assert.Single(called.ToolCalls);
        Assert.Equal("weather", call.FunctionName);
        using var arguments = JsonDocument.Parse(call.FunctionArguments);
        Assert.Contains(arguments.RootElement.GetProperty("city").GetString(), new[] { "Paris", "上海" });

        ChatCompletion answered = await client.CompleteChatAsync(
            [new UserChatMessage("weather?"), new AssistantChatMessage(called), new ToolChatMessage(call.Id, "sunny")],
            new ChatCompletionOptions { MaxOutputTokenCount = 10, IncludeLogProbabilities = true, TopLogProbabilityCount = 2 }, Cancel);
        Assert.All(answered.ContentTokenLogProbabilities, token => Assert.True(token.LogProbability <= 0));
    }

    [Fact]
    public async Task A_schema_is_kept_in_a_stream_and_as_a_whole()
    {
        var format = new JsonObject { ["type"] = "json_schema", ["json_schema"] = new JsonObject { ["name"] = "trip", ["schema"] = JsonNode.Parse(Schema) } };
        for (var seed = 0; seed < 5; seed++)
        {
            var answer = await host.ChatAsync(DeploymentHost.Chat("trip", ("max_tokens", 100), ("seed", seed), ("response_format", format.DeepClone())));
            using var json = JsonDocument.Parse(Content(answer.GetProperty("choices")[0]));
            Assert.Equal(["city", "days"], json.RootElement.EnumerateObject().Select(property => property.Name));
        }

        var any = await host.ChatAsync(DeploymentHost.Chat("json", ("max_tokens", 30), ("response_format", new JsonObject { ["type"] = "json_object" })));
        Assert.Equal(JsonValueKind.Object, JsonElement.Parse(Content(any.GetProperty("choices")[0])).ValueKind);
    }

    [Fact]
    public async Task Echo_without_new_tokens_gives_the_prompts_log_probabilities()
    {
        var byText = await host.AskAsync("v1/completions", new JsonObject { ["model"] = DeploymentHost.Model, ["prompt"] = "The quick brown fox", ["echo"] = true, ["max_tokens"] = 0, ["logprobs"] = 2 });
        var choice = byText.GetProperty("choices")[0];
        Assert.Equal("The quick brown fox", choice.GetProperty("text").GetString());
        var logProbs = choice.GetProperty("logprobs");
        var count = logProbs.GetProperty("tokens").GetArrayLength();
        Assert.Equal(JsonValueKind.Null, logProbs.GetProperty("token_logprobs")[0].ValueKind);
        Assert.All(logProbs.GetProperty("token_logprobs").EnumerateArray().Skip(1), value => Assert.True(value.GetDouble() < 0));
        Assert.Equal((count, count), (logProbs.GetProperty("text_offset").GetArrayLength(), logProbs.GetProperty("top_logprobs").GetArrayLength()));
        Assert.Equal((count, 0), (byText.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), byText.GetProperty("usage").GetProperty("completion_tokens").GetInt32()));

        int[] ids = [1, .. TinyModel.Tokenizer.Encode("The quick brown fox")];
        var byIds = await host.AskAsync("v1/completions", new JsonObject { ["model"] = DeploymentHost.Model, ["prompt"] = new JsonArray([.. ids.Select(id => (JsonNode)id)]), ["echo"] = true, ["max_tokens"] = 0, ["logprobs"] = 2 });
        Assert.Equal(logProbs.GetRawText(), byIds.GetProperty("choices")[0].GetProperty("logprobs").GetRawText());
    }

    [Fact]
    public async Task Embeddings_are_unit_vectors_in_the_order_of_the_texts_as_numbers_or_as_base64()
    {
        var body = new JsonObject { ["model"] = DeploymentHost.Model, ["input"] = new JsonArray([.. Enumerable.Range(0, 20).Select(i => (JsonNode)$"text number {i % 19}")]) };
        var answer = await host.AskAsync("v1/embeddings", body);
        var vectors = answer.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("embedding").Deserialize<float[]>()!).ToList();
        Assert.Equal(Enumerable.Range(0, 20), answer.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("index").GetInt32()));
        Assert.All(vectors, vector => Assert.InRange(vector.Sum(x => (double)x * x), 0.9999, 1.0001));
        Assert.Equal(vectors[0], vectors[19]);
        Assert.NotEqual(vectors[0], vectors[1]);
        var tokens = Enumerable.Range(0, 20).Sum(i => 1 + TinyModel.Tokenizer.Encode($"text number {i % 19}").Length);
        Assert.Equal((tokens, tokens), (answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), answer.GetProperty("usage").GetProperty("total_tokens").GetInt32()));

        body["encoding_format"] = "base64";
        body["input"] = "text number 0";
        var bytes = (await host.AskAsync("v1/embeddings", body)).GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        Assert.Equal(vectors[0], MemoryMarshal.Cast<byte, float>(bytes).ToArray());
        var official = new EmbeddingClient(DeploymentHost.Model, new ApiKeyCredential("unused"), Options());
        Assert.Equal(vectors[0], (await official.GenerateEmbeddingAsync("text number 0", cancellationToken: Cancel)).Value.ToFloats().ToArray());
    }

    [Theory]
    [InlineData("""{"input": ""}""", null)]
    [InlineData("""{}""", "input")]
    [InlineData("""{"input": [[1, 99999]]}""", "input")]
    [InlineData("""{"input": "x", "encoding_format": "hex"}""", "encoding_format")]
    [InlineData("""{"input": "x", "dimensions": 8}""", "dimensions")]
    public async Task Embeddings_of_what_is_no_text_are_refused_by_the_field(string json, string? param)
    {
        var body = JsonNode.Parse(json)!.AsObject();
        body["model"] = DeploymentHost.Model;
        using var answer = await host.PostAsync("v1/embeddings", body);
        if (param is null)
        {
            // A text without characters still has the token that begins every text.
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return;
        }

        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("error");
        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.StatusCode, error.GetProperty("param").GetString()));
    }

    [Fact]
    public async Task Several_prompts_are_answered_in_order_and_a_stop_string_is_left_out()
    {
        var body = new JsonObject { ["model"] = DeploymentHost.Model, ["prompt"] = new JsonArray("one", "two"), ["max_tokens"] = 30, ["n"] = 2, ["seed"] = 3, ["ignore_eos"] = true };
        var answer = await host.AskAsync("v1/completions", body);
        var texts = answer.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("text").GetString()!).ToList();
        Assert.Equal(4, texts.Count);
        Assert.Equal(120, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());

        var stop = texts[0].Substring(10, 4);
        body["stop"] = stop;
        body["prompt"] = "one";
        body["n"] = 1;
        var stopped = (await host.AskAsync("v1/completions", body)).GetProperty("choices")[0];
        Assert.Equal(texts[0][..texts[0].IndexOf(stop, StringComparison.Ordinal)], stopped.GetProperty("text").GetString());
        Assert.Equal("stop", stopped.GetProperty("finish_reason").GetString());

        body["echo"] = true;
        var lines = await host.StreamAsync("v1/completions", body);
        Assert.Equal("one" + stopped.GetProperty("text").GetString(), string.Concat(lines[..^1].Select(line => JsonElement.Parse(line).GetProperty("choices")[0].GetProperty("text").GetString())));
    }

    public static TheoryData<string, string, int, string, string?> Refusals => new()
    {
        { "temperature", "3", 400, "invalid_value", "temperature" },
        { "temperature", "\"hot\"", 400, "invalid_type", "temperature" },
        { "top_p", "0", 400, "invalid_value", "top_p" },
        { "n", "17", 400, "invalid_value", "n" },
        { "max_tokens", "0", 400, "invalid_value", "max_tokens" },
        { "stop", "[\"\"]", 400, "invalid_value", "stop" },
        { "logit_bias", "{\"99999\": 1}", 400, "invalid_value", "logit_bias" },
        { "top_logprobs", "2", 400, "invalid_value", "top_logprobs" },
        { "messages", "[]", 400, "invalid_value", "messages" },
        { "messages", "[{\"role\": \"robot\", \"content\": \"x\"}]", 400, "invalid_value", "messages[0].role" },
        { "messages", "[{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}]", 400, "unsupported_parameter", "messages[0].content[0].type" },
        { "functions", "[]", 400, "unsupported_parameter", "functions" },
        { "audio", "{}", 400, "unsupported_parameter", "audio" },
        { "modalities", "[\"audio\"]", 400, "unsupported_parameter", "modalities" },
        { "reasoning_effort", "\"high\"", 400, "unsupported_parameter", "reasoning_effort" },
        { "response_format", "{\"type\": \"xml\"}", 400, "unsupported_parameter", "response_format.type" },
        { "response_format", "{\"type\": \"regex_schema\"}", 400, "invalid_value", "response_format.regex_schema" },
        { "response_format", "{\"type\": \"regex_schema\", \"regex_schema\": \"(a\"}", 400, "invalid_regex", "response_format" },
        { "response_format", "{\"type\": \"json_schema\", \"json_schema\": {\"name\": \"a\", \"schema\": {\"type\": \"object\", \"minProperties\": 1}}}", 400, "unsupported_schema", "response_format" },
        { "tool_choice", "\"required\"", 400, "invalid_value", "tool_choice" },
        { "tools", "[{\"type\": \"retrieval\"}]", 400, "unsupported_parameter", "tools[0].type" },
        { "model", "\"nobody\"", 404, "model_not_found", "model" },
        { "model", "null", 400, "missing_required_parameter", "model" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_refusal_names_its_field_in_OpenAIs_form(string field, string value, int status, string code, string? param)
    {
        var body = DeploymentHost.Chat("hello");
        body[field] = JsonNode.Parse(value);
        var (actual, error) = await host.RefusalAsync("v1/chat/completions", body);
        Assert.Equal(((HttpStatusCode)status, code, param), (actual, error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.NotEqual("", error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Unknown_fields_are_ignored_and_bad_JSON_and_long_prompts_are_refused()
    {
        await host.ChatAsync(DeploymentHost.Chat("hello", ("some_new_field", new JsonObject { ["a"] = 1 }), ("user", "me"), ("metadata", new JsonObject())));

        using var broken = await host.Client.PostAsync("v1/chat/completions", new StringContent("{\"model\": ", null, "application/json"), Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, broken.StatusCode);
        Assert.Equal("invalid_json", (await broken.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("error").GetProperty("code").GetString());

        var (status, error) = await host.RefusalAsync("v1/chat/completions", DeploymentHost.Chat(string.Join(' ', Enumerable.Range(0, 900))));
        Assert.Equal((HttpStatusCode.BadRequest, "context_length_exceeded", "messages"), (status, error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
    }

    [Fact]
    public async Task A_full_queue_answers_503_with_Retry_After_and_everyone_gets_one_answer()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 80).Select(i => host.PostAsync("v1/chat/completions", DeploymentHost.Chat($"hello {i}", ("max_tokens", 120), ("ignore_eos", true)))));
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.OK))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.NotNull(answer.Headers.RetryAfter);
            Assert.Equal("engine_full", (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("error").GetProperty("code").GetString());
        }

        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Streams_that_are_left_free_their_sequences()
    {
        var id = (await host.Client.GetFromJsonAsync<DeploymentView>($"api/deployment/deployments/{DeploymentHost.Model}", PlatformJson.Options, Cancel))!.Id;
        var expected = Content((await host.ChatAsync(DeploymentHost.Chat("the same"))).GetProperty("choices")[0]);
        var left = 0;
        for (var i = 0; left < 40; i++)
        {
            using var leave = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var body = DeploymentHost.Chat($"leave {i}", ("stream", true), ("n", 2), ("max_tokens", 120), ("ignore_eos", true));
            using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = JsonContent.Create(body) };
            using var answer = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                // Faster than those before were noticed to have left; refused for that reason alone, and not for long.
                Assert.Contains("engine_full", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
                Assert.InRange(i, 0, 400);
                await Task.Delay(10, Cancel);
                continue;
            }

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await (await answer.Content.ReadAsStreamAsync(leave.Token)).ReadExactlyAsync(new byte[++left], leave.Token);
            await leave.CancelAsync();
        }

        await Task.Delay(TimeSpan.FromSeconds(2), Cancel);
        await host.WhenAsync(id, view => view.RunningSequences == 0);
        Assert.Equal(expected, Content((await host.ChatAsync(DeploymentHost.Chat("the same"))).GetProperty("choices")[0]));
    }

    private static string Content(JsonElement choice) => choice.GetProperty("message").GetProperty("content").GetString()!;

    private OpenAIClientOptions Options() => new() { Endpoint = new Uri(host.Client.BaseAddress!, "v1"), Transport = new HttpClientPipelineTransport(host.Client) };
}
