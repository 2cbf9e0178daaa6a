using System.Text.Json;
using InternPlatform.Inference.Engine;
using InternPlatform.Inference.Text;
using InternPlatform.Inference.Text.Grammar;
using InternPlatform.Tests.Support;
using InternPlatform.Tokenization;
using Xunit;

namespace InternPlatform.Inference.Tests;

public sealed class TextTests(TinyModel model) : IClassFixture<TinyModel>
{
    private const string Weather = """
        {"type": "object", "properties": {
            "city": {"type": "string", "enum": ["Paris", "上海", "O\"Hare"]},
            "days": {"type": "integer"},
            "warm": {"type": "boolean"},
            "wind": {"type": "number", "description": "in m/s"},
            "note": {"type": ["string", "null"]},
            "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}},
         "required": ["city", "days", "wind"], "additionalProperties": false}
        """;

    [Fact]
    public async Task Text_pieces_joined_are_the_whole_text_and_a_stop_string_never_leaks()
    {
        await using var text = Load();
        var request = Request("The quick", 60, seed: 5);
        var (whole, end) = await ReadAsync(text, request);
        Assert.Equal(60, end.CompletionTokens);
        Assert.Equal(FinishReason.Length, end.Reason);

        for (var at = 3; at + 6 < whole.Length; at += 5)
        {
            var stop = whole.Substring(at, 6);
            var (cut, stopped) = await ReadAsync(text, request with { Stop = ["never there", stop] });
            Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], cut);
            Assert.Equal(FinishReason.Stop, stopped.Reason);
        }

        var status = await text.Engine.IdleAsync();
        Assert.Equal(status.TotalBlocks, status.FreeBlocks);
    }

    [Fact]
    public async Task Log_probabilities_of_a_stop_string_do_not_leak_either()
    {
        await using var text = Load();
        var request = Request("fox", 40, seed: 6) with { LogProbs = true };
        var (whole, _) = await ReadAsync(text, request);
        var stop = whole.Substring(whole.Length / 2, 5);
        List<TextChunk> chunks = [];
        await foreach (var chunk in text.Start(request with { Stop = [stop] }).ReadAsync(TestContext.Current.CancellationToken))
        {
            chunks.Add(chunk);
        }

        var shown = string.Concat(chunks.Select(chunk => chunk.Text));
        var spelled = text.Tokenizer.Decode([.. chunks.SelectMany(chunk => chunk.Tokens).Select(token => token.Token)], skipSpecialTokens: true);
        Assert.StartsWith(spelled.TrimEnd('\uFFFD'), shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Stop_strings_are_found_across_any_split()
    {
        const string Whole = "one END two ENENDD three";
        for (var size = 1; size < 12; size++)
        {
            var stops = new StopStrings(["ENDD", "###"]);
            var shown = string.Concat(Whole.Chunk(size).Select(piece => stops.Push(new(piece)))) + stops.Flush();
            Assert.Equal("one END two EN", shown);

            var none = new StopStrings(["three!"]);
            Assert.Equal(Whole, string.Concat(Whole.Chunk(size).Select(piece => none.Push(new(piece)))) + none.Flush());
        }
    }

    [Fact]
    public async Task A_regular_expression_makes_every_answer_match_it()
    {
        await using var text = Load();
        const string pattern = "(19|20)[0-9]{2}-(0[1-9]|1[0-2]) (明月|rain)?";
        var seen = new HashSet<string>();
        for (var i = 0; i < 30; i++)
        {
            var (answer, end) = await ReadAsync(text, Request("date", 60, (ulong)i) with { Format = new OutputFormat.MatchingRegex(pattern) });
            Assert.Equal(FinishReason.Stop, end.Reason);
            Assert.Matches($"\\A{pattern}\\z", answer);
            seen.Add(answer);
        }

        Assert.InRange(seen.Count, 20, 30);
    }

    [Fact]
    public async Task A_schema_makes_every_answer_fit_it()
    {
        await using var text = Load();
        using var schema = JsonDocument.Parse(Weather);
        var seen = new HashSet<string>();
        for (var i = 0; i < 60; i++)
        {
            var (json, end) = await ReadAsync(text, Request("weather", 100, (ulong)i) with { Format = new OutputFormat.FittingSchema(schema.RootElement) });
            Assert.Equal(FinishReason.Stop, end.Reason);
            using var answer = JsonDocument.Parse(json);
            var names = answer.RootElement.EnumerateObject().Select(property => property.Name).ToList();
            Assert.Equal(["city", "days", "wind"], names.Where(name => name is "city" or "days" or "wind"));
            Assert.Equal(names.Distinct(), names);
            Assert.Contains(answer.RootElement.GetProperty("city").GetString(), new[] { "Paris", "上海", "O\"Hare" });
            Assert.True(answer.RootElement.GetProperty("days").TryGetInt64(out _));
            Assert.Equal(JsonValueKind.Number, answer.RootElement.GetProperty("wind").ValueKind);
            seen.UnionWith(names);
        }

        Assert.Equal(6, seen.Count);
    }

    [Fact]
    public async Task Objects_in_arrays_in_objects_alternatives_references_and_bounds_are_kept()
    {
        const string Nested = """
            {"type": "object", "required": ["stops", "best"], "$defs": {"place": {"type": "object", "properties": {"name": {"enum": ["A", "B"]}, "at": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}}, "required": ["name", "at"]}},
             "properties": {"stops": {"type": "array", "items": {"$ref": "#/$defs/place"}, "minItems": 1, "maxItems": 3}, "best": {"anyOf": [{"$ref": "#/$defs/place"}, {"type": "null"}]}}}
            """;
        await using var text = Load();
        using var schema = JsonDocument.Parse(Nested);
        var seen = new HashSet<(int, JsonValueKind)>();
        for (var i = 0; i < 40; i++)
        {
            var (json, end) = await ReadAsync(text, Request("trip", 150, (ulong)i) with { Format = new OutputFormat.FittingSchema(schema.RootElement) });
            Assert.Equal(FinishReason.Stop, end.Reason);
            using var answer = JsonDocument.Parse(json);
            var stops = answer.RootElement.GetProperty("stops").EnumerateArray().ToList();
            Assert.InRange(stops.Count, 1, 3);
            Assert.All(stops, stop => Assert.Equal(2, stop.GetProperty("at").GetArrayLength()));
            Assert.All(stops, stop => Assert.Contains(stop.GetProperty("name").GetString(), new[] { "A", "B" }));
            seen.Add((stops.Count, answer.RootElement.GetProperty("best").ValueKind));
        }

        Assert.True(seen.Count >= 4, string.Join(' ', seen));
    }

    [Fact]
    public async Task Any_JSON_object_is_closed_within_the_token_limit()
    {
        await using var text = Load();
        for (var i = 0; i < 40; i++)
        {
            var (json, end) = await ReadAsync(text, Request("{", 3 + i, (ulong)i) with { Format = new OutputFormat.AnyJsonObject() });
            using var answer = JsonDocument.Parse(json);
            Assert.Equal(JsonValueKind.Object, answer.RootElement.ValueKind);
            Assert.Equal(FinishReason.Stop, end.Reason);
        }
    }

    [Fact]
    public async Task A_required_tool_call_comes_out_as_a_call_with_fitting_arguments()
    {
        await using var text = Load();
        using var schema = JsonDocument.Parse(Weather);
        for (var i = 0; i < 10; i++)
        {
            var request = Request("call", 140, (ulong)i) with
            {
                ReadToolCalls = true,
                Format = new OutputFormat.CallOf([new("weather", schema.RootElement, IsStrict: true), new("now", null, IsStrict: false)]),
            };
            List<TextChunk> chunks = [];
            await foreach (var chunk in text.Start(request).ReadAsync(TestContext.Current.CancellationToken))
            {
                chunks.Add(chunk);
            }

            Assert.Equal("", string.Concat(chunks.Select(chunk => chunk.Text)));
            var call = Assert.Single(chunks, chunk => chunk.ToolCall is not null).ToolCall!;
            using var arguments = JsonDocument.Parse(call.ArgumentsJson);
            Assert.Equal(call.Name == "weather", arguments.RootElement.TryGetProperty("city", out _));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_the_model_begins_itself_becomes_a_call_and_one_is_all_where_one_is_wanted(bool isSingle)
    {
        await using var text = Load();
        using var schema = JsonDocument.Parse(Weather);
        var opening = text.Tokenizer.IdOf("<|action_start|>")!.Value;
        for (var i = 0; i < 10; i++)
        {
            var request = Request("call", 150, (ulong)i) with
            {
                ReadToolCalls = true,
                SingleToolCall = isSingle,
                Format = new OutputFormat.TextOrCallsOf([new("weather", schema.RootElement, IsStrict: true), new("now", null, IsStrict: false)], null),
                Sampling = new() { Seed = (ulong)i, LogitBias = new Dictionary<int, float> { [opening] = 9 } },
            };
            List<TextChunk> chunks = [];
            await foreach (var chunk in text.Start(request).ReadAsync(TestContext.Current.CancellationToken))
            {
                chunks.Add(chunk);
            }

            var calls = chunks.Select(chunk => chunk.ToolCall).OfType<ChatToolCall>().ToList();
            Assert.All(calls, call => Assert.Contains(call.Name, new[] { "weather", "now" }));
            Assert.NotEmpty(calls);
            Assert.True(!isSingle || calls.Count == 1);
            Assert.Equal(isSingle ? FinishReason.Stop : FinishReason.Length, chunks[^1].End!.Reason);
        }
    }

    [Fact]
    public async Task Beside_tools_an_answer_in_words_keeps_its_form()
    {
        await using var text = Load();
        for (var i = 0; i < 20; i++)
        {
            var (json, end) = await ReadAsync(text, Request("{", 60, (ulong)i) with { ReadToolCalls = true, Format = new OutputFormat.TextOrCallsOf([new("now", null, IsStrict: false)], new OutputFormat.AnyJsonObject()) });
            Assert.Equal(FinishReason.Stop, end.Reason);
            Assert.True(json.Length == 0 || JsonElement.Parse(json).ValueKind == JsonValueKind.Object);
        }
    }

    [Fact]
    public async Task A_tool_whose_schema_cannot_be_enforced_takes_any_object_unless_it_is_strict()
    {
        await using var text = Load();
        using var schema = JsonDocument.Parse("""{"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}}""");
        var request = Request("call", 140, 1) with { ReadToolCalls = true, Format = new OutputFormat.CallOf([new("loose", schema.RootElement, IsStrict: false)]) };
        List<TextChunk> chunks = [];
        await foreach (var chunk in text.Start(request).ReadAsync(TestContext.Current.CancellationToken))
        {
            chunks.Add(chunk);
        }

        Assert.Equal(JsonValueKind.Object, JsonElement.Parse(Assert.Single(chunks, chunk => chunk.ToolCall is not null).ToolCall!.ArgumentsJson).ValueKind);
        var strict = Assert.Throws<UnsupportedSchemaException>(() => text.Start(request with { Format = new OutputFormat.CallOf([new("strict", schema.RootElement, IsStrict: true)]) }));
        Assert.Contains("'pattern'", strict.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}}""", "$.a", "'pattern'")]
    [InlineData("""{"type": "object", "properties": {"a": {"$ref": "#"}}}""", "$.a", "'$ref'")]
    [InlineData("""{"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"type": "object", "properties": {"c": {"$ref": "#/$defs/b"}}, "required": ["c"]}}}""", "$.a.c", "deep")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "array", "items": {"type": "null"}, "minItems": 3, "maxItems": 2}}}""", "$.a", "'maxItems'")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "array", "items": {"type": "null"}, "uniqueItems": true}}}""", "$.a", "'uniqueItems'")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "number", "minimum": 1}}}""", "$.a", "'minimum'")]
    [InlineData("""{"type": "object", "properties": {"a": {"anyOf": []}}}""", "$.a", "'anyOf'")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "date"}}}""", "$.a", "'date'")]
    [InlineData("""{"type": "object", "required": ["b"]}""", "$", "'b'")]
    [InlineData("""{"type": "string"}""", "$", "\"object\"")]
    [InlineData("""{"type": "object", "properties": {"a": {"enum": [{}]}}}""", "$.a", "'enum'")]
    [InlineData("""{"type": "object", "properties": {"a": true}}""", "$.a", "JSON object")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "array"}}}""", "$.a", "'items'")]
    [InlineData("""{"type": "object", "minProperties": 1}""", "$", "'minProperties'")]
    public void What_cannot_be_enforced_is_refused_by_name(string schema, string path, string what)
    {
        using var document = JsonDocument.Parse(schema);
        var e = Assert.Throws<UnsupportedSchemaException>(() => JsonSchema.Compile(document.RootElement));
        Assert.Contains($"at {path}", e.Message, StringComparison.Ordinal);
        Assert.Contains(what, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dialogue_is_encoded_by_the_models_template_and_a_role_it_does_not_know_is_refused()
    {
        await using var text = Load();
        Assert.Equal("internlm2", text.Template?.Name);
        Assert.True(text.CanCallTools);
        var ids = text.EncodeChat([new() { Role = "user", Content = "<|im_end|>" }], null);
        Assert.Equal("<s><|im_start|>user\n<|im_end|><|im_end|>\n<|im_start|>assistant\n", text.Tokenizer.Decode(ids, skipSpecialTokens: false));
        Assert.Single(ids, text.Tokenizer.IdOf("<|im_end|>")!.Value);
        Assert.Equal("invalid_messages", Assert.Throws<InferenceException>(() => text.EncodeChat([new() { Role = "robot" }], null)).Code);
    }

    [Fact]
    public async Task Leaving_the_stream_early_frees_the_sequence()
    {
        await using var text = Load();
        await foreach (var _ in text.Start(Request("The", 140, seed: 1)).ReadAsync(TestContext.Current.CancellationToken))
        {
            break;
        }

        var status = await text.Engine.IdleAsync();
        Assert.Equal((0, status.TotalBlocks), (status.Running, status.FreeBlocks));
    }

    private static TextRequest Request(string prompt, int newTokens, ulong seed) => new()
    {
        Prompt = [1, .. TinyModel.Tokenizer.Encode(prompt)],
        CacheSalt = "test",
        MaxNewTokens = newTokens,
        Sampling = new() { Seed = seed },
        IgnoreEndTokens = true,
    };

    private static async Task<(string Text, TextEnd End)> ReadAsync(TextModel text, TextRequest request)
    {
        var result = "";
        await foreach (var chunk in text.Start(request).ReadAsync(CancellationToken.None))
        {
            result += chunk.Text;
            if (chunk.End is { } end)
            {
                return (result, end);
            }
        }

        throw new InvalidOperationException("the stream ended without an end");
    }

    private TextModel Load()
    {
        var folder = model.Write();
        return TextModel.Load(folder, new(), TimeProvider.System);
    }
}
