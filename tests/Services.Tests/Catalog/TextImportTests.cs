using System.Text;
using InternPlatform.Jobs;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

public sealed class TextImportTests
{
    [Theory]
    [InlineData("tinyshakespeare.txt")]
    [InlineData("botchan.txt")]
    [InlineData("wiki_demo.txt")]
    public async Task A_book_becomes_rows_of_sensible_size_and_nothing_of_it_is_lost(string file)
    {
        var path = SharedData.Need(Path.Join("corpora", file));
        var read = await ReadRows.OfAsync(file, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));

        Assert.Equal(Characters(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)), Characters(string.Concat(read.Texts)));
        var sizes = read.Texts.Select(Encoding.UTF8.GetByteCount).ToList();
        Assert.InRange(sizes.Average(), 1_000, 9_000);
        Assert.True(sizes.Max() < 17_000, $"the longest row has {sizes.Max()} bytes");
    }

    [Fact]
    public async Task Paragraphs_that_share_a_row_keep_their_distance()
    {
        var read = await ReadRows.OfAsync("a.txt", "one\r\ntwo\r\n\r\n\r\nthree\n\n");

        Assert.Equal(["one\ntwo\n\n\nthree"], read.Texts);
    }

    [Fact]
    public async Task A_long_line_is_cut_after_a_sentence_and_never_inside_a_character()
    {
        var line = string.Concat(Enumerable.Repeat("小猫坐在桥上看月亮。", 1_000)) + new string('字', 9_000);
        var read = await ReadRows.OfAsync("a.txt", line);

        Assert.Equal(line, string.Concat(read.Texts));
        Assert.All(read.Texts.Take(2), text => Assert.EndsWith("。", text, StringComparison.Ordinal));
        Assert.DoesNotContain(read.Texts, text => text.Contains('\ufffd'));
    }

    [Fact]
    public async Task Markdown_becomes_a_row_a_section_with_its_heading()
    {
        var read = await ReadRows.OfAsync("a.md", "intro\n\n# One\ntext one\n## Two\n\ntext two\n```sh\n# not a heading\n```\nThree\n=====\ntext three\n# Four\n## Five\ntext five");

        Assert.Equal(["intro", "# One\ntext one", "## Two\n\ntext two\n```sh\n# not a heading\n```", "Three\n=====\ntext three", "# Four\n## Five\ntext five"], read.Texts);
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_are_named_by_their_place()
    {
        byte[] content = [.. "first\nsecond "u8, 0xB5, 0xC4, .. "\n"u8];
        var refusal = await Assert.ThrowsAsync<JobFailedException>(() => ReadRows.OfAsync("a.txt", content));

        Assert.Equal("not-utf8", refusal.Problem);
        Assert.Contains("byte 13 (line 2)", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_cut_off_inside_a_character_is_not_UTF8()
    {
        var refusal = await Assert.ThrowsAsync<JobFailedException>(() => ReadRows.OfAsync("a.txt", "月亮"u8[..5].ToArray()));

        Assert.Equal("not-utf8", refusal.Problem);
        Assert.Contains("byte 3 (line 1)", refusal.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n \t\n")]
    [InlineData("\ufeff")]
    public async Task A_file_without_text_is_refused(string content)
    {
        var refusal = await Assert.ThrowsAsync<JobFailedException>(() => ReadRows.OfAsync("a.txt", content));

        Assert.Equal("empty-file", refusal.Problem);
    }

    [Theory]
    [InlineData("a.txt")]
    [InlineData("a.jsonl")]
    [InlineData("a.md")]
    [InlineData("a.json")]
    public async Task A_single_line_of_two_gigabytes_is_refused_in_bounded_memory(string fileName)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        await using var endless = new EndlessLine(2L << 30);
        var refusal = await Assert.ThrowsAsync<JobFailedException>(() => ReadRows.OfAsync(fileName, endless));

        Assert.Contains(refusal.Problem, (string[])["line-too-long", "json-element-too-long"]);
        Assert.Contains("64 MB", refusal.Detail, StringComparison.Ordinal);
        Assert.True(endless.Furthest < 66L << 20, $"{endless.Furthest} bytes were read");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 256L << 20);
    }

    [Theory]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0 }, "gzip")]
    [InlineData(new byte[] { (byte)'P', (byte)'K', 3, 4 }, "ZIP")]
    [InlineData(new byte[] { (byte)'%', (byte)'P', (byte)'D', (byte)'F' }, "PDF")]
    public async Task A_packed_file_is_refused_by_name(byte[] content, string name)
    {
        var refusal = await Assert.ThrowsAsync<JobFailedException>(() => ReadRows.OfAsync("a.txt", content));

        Assert.Equal("compressed-file", refusal.Problem);
        Assert.Contains(name, refusal.Title, StringComparison.Ordinal);
    }

    private static string Characters(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c) && c != '\ufeff'));

    /// <summary>A quote, and then letters without an end.</summary>
    private sealed class EndlessLine(long length) : Stream
    {
        public long Furthest { get; private set; }
        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length => length;
        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var given = (int)Math.Min(count, length - Position);
            buffer.AsSpan(offset, given).Fill((byte)'a');
            if (Position == 0 && given > 0)
            {
                buffer[offset] = (byte)'"';
            }

            Position += given;
            Furthest = Math.Max(Furthest, Position);
            return given;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
