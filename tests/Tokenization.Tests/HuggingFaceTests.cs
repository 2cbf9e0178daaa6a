using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace InternPlatform.Tokenization.Tests;

/// <summary>Hugging Face's own library, reading the file that we wrote, is the judge of our ids.</summary>
public sealed class HuggingFaceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("huggingface").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Its_library_reads_our_file_and_gives_the_same_ids_and_text()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "The library's native part is here for Linux x64 only.");
        Texts.Small.Save(folder);
        var theirs = new Tokenizers.DotNet.Tokenizer(Path.Combine(folder, "tokenizer.json"));
        var random = new Random(13);
        for (var i = 0; i < 5000; i++)
        {
            // It always reads special tokens in text, so ours is asked to as well.
            var text = Texts.Arbitrary(random, loneSurrogates: false);
            var ids = Texts.Small.Encode(text, parseSpecialTokens: true);
            Assert.Equal(theirs.Encode(text).Select(id => (int)id), ids);
            Assert.Equal(theirs.Decode([.. ids.Select(id => (uint)id)]), Texts.Small.Decode(ids, skipSpecialTokens: true));
        }
    }

    [Theory]
    [InlineData("internlm2", true)]
    [InlineData("phi-3", false)]
    public void Its_library_and_ours_read_a_file_made_from_SentencePiece_alike(string name, bool metaspace)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "The library's native part is here for Linux x64 only.");
        var model = (SentencePieceModel)Kinds.Get(name).Model;
        var path = Path.Combine(folder, "tokenizer.json");
        File.WriteAllText(path, Converted(model, metaspace).ToJsonString());
        var theirs = new Tokenizers.DotNet.Tokenizer(path);
        var ours = Tokenizer.Load(folder);
        foreach (var line in Lines.Sample(1000, 61).Concat(Lines.Edge(500, 62).Where(line => !line.Contains('<'))))
        {
            Assert.Equal(theirs.Encode(line).Select(id => (int)id), ours.Encode(line));
        }
    }

    // As transformers converts it: merges in the order of the pieces they make.
    private static JsonObject Converted(SentencePieceModel model, bool metaspace)
    {
        var ids = model.Pieces.Index().ToDictionary(piece => piece.Item.Text, piece => piece.Index);
        var merges = new JsonArray();
        foreach (var piece in model.Pieces.Where(piece => piece.Type == PieceType.Normal).OrderByDescending(piece => piece.Score))
        {
            for (var at = 1; at < piece.Text.Length; at++)
            {
                if (ids.ContainsKey(piece.Text[..at]) && ids.ContainsKey(piece.Text[at..]))
                {
                    merges.Add(new JsonArray(piece.Text[..at], piece.Text[at..]));
                }
            }
        }

        var added = model.Pieces.Index().Where(piece => piece.Item.Type is PieceType.Control or PieceType.Unknown or PieceType.UserDefined).Select(piece => new JsonObject
        {
            ["id"] = piece.Index,
            ["content"] = piece.Item.Text,
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = piece.Item.Type != PieceType.UserDefined,
        });
        var replace = JsonNode.Parse("""{"type":"Replace","pattern":{"String":" "},"content":"▁"}""");
        var scheme = model.AddDummyPrefix ? "first" : "never";
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. added]),
            ["normalizer"] = metaspace ? null : new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray(JsonNode.Parse("""{"type":"Prepend","prepend":"▁"}"""), replace) },
            ["pre_tokenizer"] = metaspace ? new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = scheme, ["split"] = false } : null,
            ["post_processor"] = null,
            ["decoder"] = null,
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = "<unk>",
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["vocab"] = new JsonObject(ids.Select(token => KeyValuePair.Create(token.Key, (JsonNode?)token.Value))),
                ["merges"] = merges,
            },
        };
    }
}
