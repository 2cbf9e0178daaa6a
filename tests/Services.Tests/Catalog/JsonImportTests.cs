using System.Text.Json;
using InternPlatform.Jobs;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

public sealed class JsonImportTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    [Fact]
    public async Task A_collection_of_poems_becomes_a_row_a_poem_with_title_and_author()
    {
        var read = await ReadRows.OfAsync("tang.json", await PoetryAsync("全唐诗/poet.tang.0.json"));

        Assert.Equal(1000, read.Rows.Count);
        Assert.Equal("帝京篇十首 一\n太宗皇帝\n秦川雄帝宅，函谷壯皇居。\n綺殿千尋起，離宮百雉餘。\n連甍遙接漢，飛觀迥凌虛。\n雲日隱層闕，風煙出綺疎。", read.Texts[0]);
        Assert.Equal(0, read.RejectedRows);
    }

    [Fact]
    public async Task A_nested_collection_becomes_a_row_a_leaf()
    {
        var read = await ReadRows.OfAsync("poems.json", await PoetryAsync("蒙学/tangshisanbaishou.json"));

        Assert.Contains("行宮\n元稹\n寥落古行宮，宮花寂寞紅。\n白頭宮女在，閒坐說玄宗。", read.Texts);
        Assert.InRange(read.Rows.Count, 300, 330);
    }

    [Fact]
    public async Task Every_file_of_the_poetry_collection_can_be_imported()
    {
        var folder = SharedData.Need("corpora/chinese-poetry");
        foreach (var path in Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories))
        {
            var read = await ReadRows.OfAsync(path, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
            Assert.True(read.Rows.Count > 0 && read.Rejected.Count == 0, path);
        }
    }

    [Fact]
    public async Task Lines_of_objects_give_their_text()
    {
        var path = SharedData.Need("corpora/c4_demo.jsonl");
        var read = await ReadRows.OfAsync("c4_demo.jsonl", await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));

        Assert.Equal(File.ReadLines(path).Count(), read.Rows.Count);
        Assert.Equal(JsonElement.Parse(File.ReadLines(path).First()).GetProperty("text").GetString(), read.Texts[0]);
    }

    [Theory]
    [InlineData("llamafactory/glaive_toolcall_en_demo.json", 300)]
    [InlineData("oasst1/oaast_sft_zh.json", 500)]
    [InlineData("fastchat/dummy_conversation.json", 500)]
    [InlineData("gsm8k/train.jsonl", 7000)]
    [InlineData("llamafactory/reason_tool_use_demo_50.jsonl", 0)]
    public async Task Dialogues_of_other_projects_can_be_imported(string file, int atLeast)
    {
        var path = SharedData.Need(Path.Join("sft", file));
        var content = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        if (atLeast == 0)
        {
            var refusal = await Assert.ThrowsAsync<JobFailedException>(() => ReadRows.OfAsync(path, content));
            Assert.Equal("no-usable-row", refusal.Problem);    // its turns are lists of reasoning and calls
            return;
        }

        Assert.True((await ReadRows.OfAsync(path, content)).Rows.Count >= atLeast);
    }

    [Fact]
    public async Task Broken_lines_are_counted_listed_and_kept_out()
    {
        byte[] content =
        [
            .. "{\"text\": \"one\"}\n{\"text\": \"tw\n\n{\"content\": \"three\", \"id\": 7}\n17\n{\"text\": \"\\ud800\"}\n{\"text\": \" \"}\n{\"text\":\"a\"} {\"text\":\"b\"}\n"u8,
            .. "{\"text\": \""u8, 0xFF, .. "\"}\n[1, 2]\n"u8, .. "{\"messages\": [{\"role\": \"wizard\", \"content\": \"x\"}]}\n{\"text\": \"last\"}"u8,
        ];
        var read = await ReadRows.OfAsync("a.jsonl", content);

        Assert.Equal(["one", "three", "last"], read.Texts);
        Assert.Equal([2L, 5, 6, 7, 8, 9, 10, 11], read.Rejected.Select(row => row.Line));
        Assert.Equal(8, read.RejectedRows);
        Assert.Contains("byte", read.Rejected[0].Reason, StringComparison.Ordinal);
        Assert.Contains("wizard", read.Rejected[^1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_first_hundred_rejected_lines_are_listed()
    {
        var read = await ReadRows.OfAsync("a.jsonl", string.Concat(Enumerable.Repeat("{broken\n", 1_000)) + "{\"text\": \"good\"}\n");

        Assert.Equal(1_000, read.RejectedRows);
        Assert.Equal(100, read.Rejected.Count);
    }

    [Fact]
    public async Task A_file_whose_every_row_is_rejected_is_refused_with_the_first_reason()
    {
        var refusal = await Assert.ThrowsAsync<JobFailedException>(() => ReadRows.OfAsync("a.jsonl", "{\"n\": 1}\n{\"n\": 2}\n"));

        Assert.Equal("no-usable-row", refusal.Problem);
        Assert.Contains("line 1", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dialogues_keep_their_tools_and_calls_on_one_line()
    {
        var read = await ReadRows.OfAsync("a.json", """
            [{"kind": "tool", "tools": [
                {"name": "add",
                 "description": "adds"}],
              "messages": [{"role": "human", "content": "1+2?"},
                {"role": "assistant", "content": null, "tool_calls": [{"type": "function", "function": {"name": "add", "arguments": "{\"a\": 1,\n \"b\": 2}"}}]},
                {"role": "function", "content": "3"}, {"role": "assistant", "content": [{"type": "text", "text": "3."}]}]}]
            """);

        var row = Assert.Single(read.Rows);
        Assert.Equal(["user", "assistant", "tool", "assistant"], row.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        Assert.Equal(2, row.GetProperty("messages")[1].GetProperty("tool_calls")[0].GetProperty("arguments").GetProperty("b").GetInt32());
        Assert.Equal("add", row.GetProperty("tools")[0].GetProperty("name").GetString());
        Assert.Equal("3.", row.GetProperty("messages")[3].GetProperty("content").GetString());
        Assert.Equal("tool", row.GetProperty("kind").GetString());
    }

    [Theory]
    [InlineData("[{\"text\": \"a\"}, {\"text\": \"b")]
    [InlineData("[{\"text\": \"a\"} {\"text\": \"b\"}]")]
    [InlineData("[{\"text\": \"a\"},]")]
    [InlineData("[{\"text\": \"a\"}")]
    [InlineData("[{\"text\": \"a\"}] x")]
    [InlineData("[{text: \"a\"}]")]
    [InlineData("{\"text\": \"a\"")]
    public async Task Broken_JSON_is_refused(string content)
    {
        var refusal = await Assert.ThrowsAsync<JobFailedException>(() => ReadRows.OfAsync("a.json", content));

        Assert.Equal("invalid-json", refusal.Problem);
    }

    [Theory]
    [InlineData("a.json")]
    [InlineData("a.jsonl")]
    public async Task A_hundred_thousand_brackets_leave_the_process_alive(string fileName)
    {
        var refusal = await Assert.ThrowsAsync<JobFailedException>(() => ReadRows.OfAsync(fileName, new string('[', 100_000)));

        Assert.Contains(refusal.Problem, (string[])["invalid-json", "no-usable-row"]);
    }

    [Fact]
    public async Task Elements_are_cut_rightly_wherever_the_buffer_ends()
    {
        var texts = Enumerable.Range(0, 400).Select(i => new string('x', i * 3) + "\"\\[{,]}" + i).ToList();
        var json = JsonSerializer.Serialize(texts.Select(text => new { text }), Indented);

        Assert.Equal(texts, (await ReadRows.OfAsync("a.json", json)).Texts);
    }

    [Fact]
    public async Task A_json_file_of_lines_is_read_as_lines()
    {
        var read = await ReadRows.OfAsync("a.json", "{\"text\": \"a\"}\n{\"text\": \"b\"}\n");

        Assert.Equal(["a", "b"], read.Texts);
    }

    private static Task<byte[]> PoetryAsync(string file) =>
        File.ReadAllBytesAsync(SharedData.Need(Path.Join("corpora/chinese-poetry", file)), TestContext.Current.CancellationToken);
}
