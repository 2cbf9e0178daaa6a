using System.Diagnostics;
using System.Text;
using System.Text.Json;
using InternPlatform.Agents.Runs;
using InternPlatform.Agents.Tools;
using InternPlatform.Artifacts;
using InternPlatform.Datasets;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Agents;

public sealed class ToolTests
{
    private static readonly ToolSetting NoDataset = new((string?)null);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"a": 4817, "b": 2946, "op": "add"}""", "7763")]
    [InlineData("""{"a": 0.1, "b": 0.2, "op": "add"}""", "0.3")]
    [InlineData("""{"a": 3, "b": 5.5, "op": "subtract"}""", "-2.5")]
    [InlineData("""{"a": 99999999999999999999, "b": 99999999999999999999, "op": "multiply"}""", "9999999999999999999800000000000000000001")]
    [InlineData("""{"a": 1e3, "b": 2.5E-3, "op": "multiply"}""", "2.5")]
    [InlineData("""{"a": -0, "b": 0.00, "op": "add"}""", "0")]
    [InlineData("""{"a": 1.50, "b": 1.50, "op": "add"}""", "3")]
    [InlineData("""{"a": 84, "b": 7, "op": "divide"}""", "12")]
    [InlineData("""{"a": 1, "b": 8, "op": "divide"}""", "0.125")]
    [InlineData("""{"a": -2, "b": 3, "op": "divide"}""", "-0.66666666666666666667")]
    [InlineData("""{"a": 1e-30, "b": 2e-30, "op": "divide"}""", "0.5")]
    [InlineData("""{"a": 1, "b": 0.0000001, "op": "divide"}""", "10000000")]
    public async Task The_calculator_is_exact(string arguments, string result)
    {
        Assert.Null(ArgumentSchema.Check(new Calculator().Parameters, arguments, out var read));
        Assert.Equal(result, await new Calculator().CallAsync(read, NoDataset, Cancel));
    }

    [Theory]
    [InlineData("""{"a": 1, "b": 1e100000, "op": "add"}""")]
    [InlineData("""{"a": 1, "b": 0.00, "op": "divide"}""")]
    [InlineData("""{"a": 1, "b": 1e99999999999999999999, "op": "add"}""")]
    public async Task What_has_no_result_is_a_failure_of_the_tool(string arguments)
    {
        Assert.Null(ArgumentSchema.Check(new Calculator().Parameters, arguments, out var read));
        await Assert.ThrowsAsync<ToolFailedException>(() => new Calculator().CallAsync(read, NoDataset, Cancel));
    }

    [Theory]
    [InlineData("[1]", "must be a JSON object")]
    [InlineData("nonsense", "not JSON")]
    [InlineData("""{"a": 1, "b": 2}""", "'op' is missing")]
    [InlineData("""{"a": 1, "b": 2, "op": "add", "c": 3}""", "There is no argument 'c'")]
    [InlineData("""{"a": null, "b": 2, "op": "add"}""", "'a' must be a number, not null")]
    [InlineData("""{"a": 1, "b": 2, "op": 3}""", "must be one of \"add\", \"subtract\", \"multiply\", \"divide\"")]
    public void Arguments_that_do_not_fit_are_refused_in_words(string arguments, string reason) =>
        Assert.Contains(reason, ArgumentSchema.Check(new Calculator().Parameters, arguments, out _), StringComparison.Ordinal);

    [Theory]
    [InlineData("Thought: t\nAction: calculator\nAction Input: {\"a\": 1}", "t", "calculator", "{\"a\": 1}", null)]
    [InlineData("t\naction: calculator\naction input: {\"a\": 1} and then\nObservation: 3\nFinal Answer: 3", "t", "calculator", "{\"a\": 1}", null)]
    [InlineData("**Thought:** t\n**Action:** `calculator`\n**Action Input:**\n```json\n{\"a\": 1}\n```", "t", "calculator", "{\"a\": 1}", null)]
    [InlineData("Action：calculator\nAction_Input：{\"a\": 1}", "", "calculator", "{\"a\": 1}", null)]
    [InlineData("Action: calculator({\"a\": 1})", "", "calculator", "{\"a\": 1}", null)]
    [InlineData("Action: calculator[{\"a\": 1}]", "", "calculator", "{\"a\": 1}", null)]
    [InlineData("Action: calculator {\"a\": 1}", "", "calculator", "{\"a\": 1}", null)]
    [InlineData("Thought: done\nFinal Answer: 42\nThought: hm", "done", null, null, "42\nThought: hm")]
    [InlineData("FINAL ANSWER: 42", "", null, null, "42")]
    [InlineData("The action: plan.", "The action: plan.", null, null, null)]
    public void A_reply_in_ReActs_form_is_read_tolerantly(string text, string thought, string? action, string? arguments, string? answer)
    {
        var read = ReActReply.Parse(text);
        Assert.Equal((thought, action, answer), (read.Thought, read.Action, read.FinalAnswer));
        if (arguments is not null)
        {
            Assert.Equal(arguments, ReActReply.Arguments(read.Input, new Calculator().Parameters));
        }
    }

    [Fact]
    public async Task A_lookup_returns_the_first_rows_with_all_words_from_60_000_in_less_than_200_ms()
    {
        using var folder = new TemporaryFolder();
        var store = ArtifactStores.Open(new ArtifactOptions($"folder:{folder.Path}"), TimeProvider.System);
        var artifact = await WriteAsync(store, folder.Path, 60_000);
        var lookup = new DatasetLookup(store);
        Assert.StartsWith("Row 59998: Fact 59997 about the Amber lighthouse", await FindAsync(lookup, artifact, "amber 59997"), StringComparison.Ordinal);

        var clock = Stopwatch.StartNew();
        var found = await FindAsync(lookup, artifact, "LIGHTHOUSE 59999?");
        Assert.True(clock.ElapsedMilliseconds < 200, $"{clock.ElapsedMilliseconds} ms");
        Assert.StartsWith("Row 60000: ", found, StringComparison.Ordinal);
        Assert.Equal(3, (await FindAsync(lookup, artifact, "amber")).Split('\n').Length);
        Assert.Equal("No row contains all of: cobalt.", await FindAsync(lookup, artifact, "cobalt"));
        Assert.StartsWith("Row 1: user: 谁写了静夜思 assistant: 李白", await FindAsync(lookup, artifact, "静夜思"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_set_that_is_none_is_a_failure_of_the_tool()
    {
        using var folder = new TemporaryFolder();
        var store = ArtifactStores.Open(new ArtifactOptions($"folder:{folder.Path}"), TimeProvider.System);
        Assert.Contains("cannot be read", (await Assert.ThrowsAsync<ToolFailedException>(() => FindAsync(new DatasetLookup(store), new string('c', 64), "x"))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ToolFailedException>(() => FindAsync(new DatasetLookup(store), "x", " ? "));
    }

    private static Task<string> FindAsync(DatasetLookup lookup, string artifact, string query) =>
        lookup.CallAsync(JsonSerializer.SerializeToElement(new { query }), new ToolSetting(artifact), Cancel);

    private static async Task<string> WriteAsync(IArtifactStore store, string folder, int count)
    {
        var set = Directory.CreateDirectory(Path.Combine(folder, "set")).FullName;
        var rows = new StringBuilder("""{"messages": [{"role": "user", "content": "谁写了静夜思"}, {"role": "assistant", "content": "李白"}]}""").Append('\n');
        for (var i = 1; i < count; i++)
        {
            rows.Append(System.Globalization.CultureInfo.InvariantCulture, $$"""{"text": "Fact {{i}} about the Amber lighthouse, which stands where the river meets the sea and is painted every spring."}""").Append('\n');
        }

        await File.WriteAllTextAsync(Path.Combine(set, DatasetFiles.Rows), rows.ToString(), Cancel);
        await File.WriteAllBytesAsync(Path.Combine(set, DatasetFiles.Meta), new DatasetMeta { Rows = count, Bytes = rows.Length, RejectedRows = 0, RowKinds = new Dictionary<string, long>() }.ToJson(), Cancel);
        return await store.PutFolderAsync(DatasetFiles.Kind, set, new Dictionary<string, string> { ["name"] = "facts" }, Cancel);
    }
}
