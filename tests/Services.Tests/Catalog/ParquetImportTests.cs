using System.Text.Json.Serialization;
using InternPlatform.Jobs;
using Parquet;
using Parquet.Serialization;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

public sealed class ParquetImportTests
{
    [Fact]
    public async Task A_text_column_gives_the_rows_of_all_groups()
    {
        var texts = Enumerable.Range(0, 2_500).Select(i => new TextRecord { Id = i, Text = $"row {i} 行" }).ToList();
        var read = await ReadRows.OfAsync("a.parquet", await WriteAsync(texts, rowGroupSize: 1_000));

        Assert.Equal(texts.Select(text => text.Text), read.Texts);
    }

    [Fact]
    public async Task Without_a_text_column_all_strings_are_joined()
    {
        var read = await ReadRows.OfAsync("a.parquet", await WriteAsync([new Question { Number = 1, Asked = "why?", Answered = "because" }, new Question { Number = 2, Asked = "how?" }]));

        Assert.Equal(["why?\nbecause", "how?"], read.Texts);
    }

    [Fact]
    public async Task Questions_with_choices_are_kept_as_records()
    {
        var read = await ReadRows.OfAsync("a.parquet", await WriteAsync([new Choice { Question = "Which?", Choices = ["a", "b"], Answer = 1 }]));

        Assert.Equal("""{"record":{"question":"Which?","choices":["a","b"],"answer":1}}""", Assert.Single(read.Rows).GetRawText());
    }

    [Fact]
    public async Task A_messages_column_gives_dialogues()
    {
        var read = await ReadRows.OfAsync("a.parquet", await WriteAsync(
        [
            new Dialogue { Messages = [new Turn { Role = "user", Content = "hi" }, new Turn { Role = "assistant", Content = "hello" }] },
            new Dialogue { Messages = [] },
        ]));

        var row = Assert.Single(read.Rows);
        Assert.Equal("hello", row.GetProperty("messages")[1].GetProperty("content").GetString());
        Assert.Equal(1, read.RejectedRows);
    }

    [Fact]
    public async Task A_truncated_file_is_refused()
    {
        var content = await WriteAsync(Enumerable.Range(0, 100).Select(i => new TextRecord { Id = i, Text = $"row {i}" }).ToList());
        foreach (var length in (int[])[4, 11, 40, content.Length / 2, content.Length - 1])
        {
            var refusal = await Assert.ThrowsAsync<JobFailedException>(() => ReadRows.OfAsync("a.parquet", content[..length]));
            Assert.Equal("invalid-parquet", refusal.Problem);
        }
    }

    [Fact]
    public async Task Damaged_bytes_are_refused_and_leave_the_process_alive()
    {
        var content = await WriteAsync(Enumerable.Range(0, 200).Select(i => new TextRecord { Id = i, Text = $"row {i}" }).ToList());
        var random = new Random(7);
        for (var round = 0; round < 150; round++)
        {
            var damaged = content.ToArray();
            damaged[random.Next(4, content.Length - 4)] ^= (byte)random.Next(1, 256);
            try
            {
                await ReadRows.OfAsync("a.parquet", damaged);    // a flipped letter of a text is no damage that one can see
            }
            catch (JobFailedException refusal)
            {
                Assert.Contains(refusal.Problem, (string[])["invalid-parquet", "no-usable-row", "empty-file", "parquet-group-too-large"]);
            }
        }
    }

    private static async Task<byte[]> WriteAsync<T>(IReadOnlyList<T> rows, int rowGroupSize = 100_000)
    {
        using var stream = new MemoryStream();
        await ParquetSerializer.SerializeAsync(rows, stream, new ParquetOptions { RowGroupSize = rowGroupSize });
        return stream.ToArray();
    }

    private sealed class TextRecord
    {
        [JsonPropertyName("id")]
        public int Id { get; set; }

        [JsonPropertyName("text")]
        public string? Text { get; set; }
    }

    private sealed class Question
    {
        [JsonPropertyName("number")]
        public int Number { get; set; }

        [JsonPropertyName("asked")]
        public string? Asked { get; set; }

        [JsonPropertyName("answered")]
        public string? Answered { get; set; }
    }

    private sealed class Choice
    {
        [JsonPropertyName("question")]
        public string? Question { get; set; }

        [JsonPropertyName("choices")]
        public List<string>? Choices { get; set; }

        [JsonPropertyName("answer")]
        public long Answer { get; set; }
    }

    private sealed class Dialogue
    {
        [JsonPropertyName("messages")]
        public List<Turn>? Messages { get; set; }
    }

    private sealed class Turn
    {
        [JsonPropertyName("role")]
        public string? Role { get; set; }

        [JsonPropertyName("content")]
        public string? Content { get; set; }
    }
}
