using InternPlatform.Tests.Support;

namespace InternPlatform.Tokenization.Tests;

/// <summary>Files that are cut, changed or made up: refused by type, and never more memory than they are large.</summary>
public sealed class BrokenFileTests
{
    [Theory]
    [InlineData("unigram")]
    [InlineData("internlm2")]
    public void A_SentencePiece_file_with_any_bytes_changed_is_refused_by_type_or_works(string name)
    {
        var original = SentencePieceWriter.Write(Cut((SentencePieceModel)Kinds.Get(name).Model));
        var random = new Random(51);
        var refused = 0;
        for (var i = 0; i < 400; i++)
        {
            var bytes = i % 4 == 0 ? original[..random.Next(original.Length)] : [.. original];
            for (var n = random.Next(1, 4); n > 0 && bytes.Length > 0; n--)
            {
                // Half of the changes where the lengths and the settings are.
                bytes[random.Next(2) == 0 ? random.Next(bytes.Length) : Math.Max(0, bytes.Length - 1 - random.Next(64))] = (byte)random.Next(256);
            }

            refused += IsRefused(bytes) ? 1 : 0;
        }

        Assert.InRange(refused, 50, 400);
    }

    [Fact]
    public void A_length_that_is_not_there_is_not_believed()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidTokenizerException>(() => SentencePieceReader.Read("x.model", [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x0A]));
        Assert.Throws<InvalidTokenizerException>(() => SentencePieceReader.Read("x.model", [0x1A, 0x05, 0x12, 0xFF, 0xFF, 0xFF, 0x7F]));
        Assert.Throws<InvalidTokenizerException>(() => SentencePieceReader.Read("x.model", Enumerable.Repeat((byte)0xFF, 100).ToArray()));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_missing_or_not_fetched_model_is_named()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "tokenizer.model");
        Assert.Contains("does not exist", Assert.Throws<InvalidTokenizerException>(() => Tokenizer.LoadSentencePiece(path)).Reason, StringComparison.Ordinal);
        File.WriteAllText(path, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
        Assert.Contains("Git LFS pointer", Assert.Throws<InvalidTokenizerException>(() => Tokenizer.Load(folder.Path)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Pieces_that_cannot_encode_every_text_are_refused()
    {
        Refused("0 unknown", new Piece("a", 0, PieceType.Normal));
        Refused("2 unknown", new Piece("<unk>", 0, PieceType.Unknown), new Piece("<u>", 0, PieceType.Unknown));
        Refused("twice", new Piece("<unk>", 0, PieceType.Unknown), new Piece("a", 0, PieceType.Normal), new Piece("a", 0, PieceType.Normal));
        Refused("spells none", new Piece("<unk>", 0, PieceType.Unknown), new Piece("x", 0, PieceType.Byte));
        Refused("NaN", new Piece("<unk>", 0, PieceType.Unknown), new Piece("x", float.NaN, PieceType.Normal));
        Refused("unused", new Piece("<unk>", 0, PieceType.Unknown), new Piece("x", 0, PieceType.Unused));
    }

    [Fact]
    public void GPT2s_own_files_are_read()
    {
        using var folder = new TemporaryFolder();
        var gpt2 = Kinds.Get("gpt-2");
        var spellings = Enumerable.Range(0, gpt2.VocabularySize).ToDictionary(id => gpt2.IsSpecial(id) ? gpt2.Decode([id], false) : ByteAlphabet.Spell(gpt2.TokenBytes(id)), id => id);
        File.WriteAllText(Path.Combine(folder.Path, "vocab.json"), System.Text.Json.JsonSerializer.Serialize(spellings));
        Assert.Contains("merges.txt", Assert.Throws<InvalidTokenizerException>(() => Tokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllLines(Path.Combine(folder.Path, "merges.txt"),
            gpt2.Bpe().Merges.Select(merge => $"{ByteAlphabet.Spell(gpt2.TokenBytes(merge.Left))} {ByteAlphabet.Spell(gpt2.TokenBytes(merge.Right))}").Prepend("#version: 0.2"));
        var loaded = Tokenizer.Load(folder.Path);
        Assert.All(Lines.Edge(300, 52), line => Assert.Equal(gpt2.Encode(line), loaded.Encode(line)));
        Assert.Equal(gpt2.SpecialTokens, loaded.SpecialTokens);
    }

    // Fewer pieces, so that a change hits more than scores.
    private static SentencePieceModel Cut(SentencePieceModel model) => model.WithPieces([.. model.Pieces.Take(600)]);

    private static void Refused(string reason, params Piece[] pieces) => Assert.Contains(
        reason, Assert.Throws<InvalidTokenizerException>(() => SentencePieceRules.Check("x.model", pieces, byteFallback: false, isUnigram: false)).Reason, StringComparison.Ordinal);

    private static bool IsRefused(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "tokenizer.model");
        File.WriteAllBytes(path, bytes);
        try
        {
            var tokenizer = Tokenizer.LoadSentencePiece(path);
            foreach (var line in Lines.Edge(3, 53))
            {
                tokenizer.Decode(tokenizer.EncodeWithOffsets(line, parseSpecialTokens: true).Ids, skipSpecialTokens: false);
            }

            return false;
        }
        catch (InvalidTokenizerException)
        {
            return true;
        }
    }
}
