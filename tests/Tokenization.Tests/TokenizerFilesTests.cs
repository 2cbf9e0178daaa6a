using System.Text.Json;
using System.Text.Json.Nodes;

namespace InternPlatform.Tokenization.Tests;

public sealed class TokenizerFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tokenizer").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_saved_tokenizer_gives_the_same_ids_and_the_same_files()
    {
        Texts.Small.Save(folder);
        var loaded = Tokenizer.Load(folder);
        var random = new Random(11);
        for (var i = 0; i < 2000; i++)
        {
            var text = Texts.Arbitrary(random, loneSurrogates: true);
            Assert.Equal(Texts.Small.Encode(text, parseSpecialTokens: true), loaded.Encode(text, parseSpecialTokens: true));
        }

        var before = Directory.GetFiles(folder).ToDictionary(path => path, File.ReadAllText);
        loaded.Save(folder);
        Assert.Equal(before, Directory.GetFiles(folder).ToDictionary(path => path, File.ReadAllText));
        Assert.Equal(["special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"], before.Keys.Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_files_say_what_Hugging_Faces_library_needs()
    {
        Texts.Small.Save(folder);
        var tokenizer = Read("tokenizer.json");
        Assert.Equal("BPE", (string)tokenizer["model"]!["type"]!);
        Assert.Equal("ByteLevel", (string)tokenizer["decoder"]!["type"]!);
        Assert.Equal(["Split", "ByteLevel"], tokenizer["pre_tokenizer"]!["pretokenizers"]!.AsArray().Select(step => (string)step!["type"]!));
        Assert.Equal(Texts.Small.VocabularySize, tokenizer["model"]!["vocab"]!.AsObject().Count);
        Assert.Equal(4, (int)tokenizer["added_tokens"]![4]!["id"]!);
        var config = Read("tokenizer_config.json");
        Assert.Equal("PreTrainedTokenizerFast", (string)config["tokenizer_class"]!);
        Assert.Equal(("<s>", "</s>"), ((string)config["bos_token"]!, (string)config["eos_token"]!));
        Assert.Equal(ChatTemplate.Get("internlm2").Jinja, (string)config["chat_template"]!);
        Assert.Equal("<|im_end|>", (string)config["added_tokens_decoder"]!["4"]!["content"]!);
        Assert.Equal("<unk>", (string)Read("special_tokens_map.json")["unk_token"]!);
    }

    [Fact]
    public void A_foreign_chat_template_is_kept()
    {
        Texts.Small.Save(folder);
        Change("tokenizer_config.json", config => config["chat_template"] = "{{ messages }}");
        Tokenizer.Load(folder).Save(folder);
        Assert.Equal("{{ messages }}", Tokenizer.Load(folder).ChatTemplateText);
    }

    [Fact]
    public void A_tokenizer_with_GPT2s_words_is_read_and_written()
    {
        Texts.Small.Save(folder);
        Change("tokenizer.json", json => json["pre_tokenizer"] = JsonNode.Parse("""{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true}"""));
        var gpt2 = Tokenizer.Load(folder);
        Assert.Equal("it's 1234  x", gpt2.Decode(gpt2.Encode("it's 1234  x"), skipSpecialTokens: false));
        gpt2.Save(folder);
        Assert.Equal(KnownPattern.Gpt2, Tokenizer.Load(folder).Bpe().Splitter.Patterns.Single());
    }

    [Fact]
    public void Text_that_a_foreign_pattern_does_not_match_is_still_encoded()
    {
        var splitter = WordSplitter.For("[a-z]+");
        Assert.Equal([2, 4, 7], new[] { 0, 2, 4 }.Select(start => splitter.EndOfWord("ab12cd!", start) is var end && end == 6 ? 7 : end));
        Texts.Small.Save(folder);
        Change("tokenizer.json", json => json["pre_tokenizer"]!["pretokenizers"]![0]!["pattern"]!["Regex"] = "[a-z]+");
        var tokenizer = Tokenizer.Load(folder);
        Assert.Equal("ab12cd! 中", tokenizer.Decode(tokenizer.Encode("ab12cd! 中"), skipSpecialTokens: false));
    }

    [Fact]
    public void Merges_written_as_pairs_are_read()
    {
        Texts.Small.Save(folder);
        Change("tokenizer.json", json => json["model"]!["merges"] = new JsonArray([.. json["model"]!["merges"]!.AsArray().Select(merge => new JsonArray([.. ((string)merge!).Split(' ').Select(part => JsonValue.Create(part))]))]));
        Assert.Equal(Texts.Small.Bpe().Merges, Tokenizer.Load(folder).Bpe().Merges);
    }

    [Theory]
    [InlineData("""{"model":{"type":"Unigram"}}""", "Unigram")]
    [InlineData("""{"normalizer":{"type":"NFC"}}""", "normalizer")]
    [InlineData("""{"model":{"byte_fallback":true}}""", "byte_fallback")]
    [InlineData("""{"model":{"type":"WordPiece"}}""", "WordPiece")]
    [InlineData("""{"model":{"merges":["a zz"]}}""", "'zz'")]
    [InlineData("""{"model":{"merges":["a b c"]}}""", "two parts")]
    [InlineData("""{"model":{"vocab":{"a":0}}}""", "id")]
    [InlineData("""{"model":{"merges":7}}""", "shape")]
    [InlineData("""{"pre_tokenizer":{"type":"Whitespace"}}""", "ByteLevel")]
    [InlineData("""{"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true}}""", "prefix")]
    public void What_would_be_read_wrongly_is_refused(string change, string reason)
    {
        Texts.Small.Save(folder);
        Change("tokenizer.json", json => Merge(json, JsonNode.Parse(change)!.AsObject()));
        Assert.Contains(reason, Assert.Throws<InvalidTokenizerException>(() => Tokenizer.Load(folder)).Reason);
    }

    [Fact]
    public void A_vocabulary_that_would_lose_text_is_refused()
    {
        Texts.Small.Save(folder);
        Change("tokenizer.json", json =>
        {
            var vocabulary = json["model"]!["vocab"]!.AsObject();
            var id = (int)vocabulary["Ġ"]!;
            vocabulary.Remove("Ġ");
            vocabulary.Add("ZZZ", id);
            json["model"]!["merges"] = new JsonArray();
        });
        Assert.Contains("0x20", Assert.Throws<InvalidTokenizerException>(() => Tokenizer.Load(folder)).Reason);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"model":5}""")]
    [InlineData("{}")]
    public void What_is_no_tokenizer_file_is_refused(string json)
    {
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json);
        Assert.Throws<InvalidTokenizerException>(() => Tokenizer.Load(folder));
    }

    [Fact]
    public void A_file_with_any_value_replaced_is_refused_by_type_or_works()
    {
        Texts.Small.Save(folder);
        var original = Read("tokenizer.json").ToJsonString();
        var random = new Random(14);
        var refused = 0;
        for (var i = 0; i < 500; i++)
        {
            var json = JsonNode.Parse(original)!;
            ReplaceSomewhere(json, random);
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json.ToJsonString());
            try
            {
                var tokenizer = Tokenizer.Load(folder);
                Assert.Equal("the river 小明 7", tokenizer.Decode(tokenizer.Encode("the river 小明 7", parseSpecialTokens: true), skipSpecialTokens: false));
            }
            catch (InvalidTokenizerException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 100, 500);
    }

    [Fact]
    public void A_missing_or_not_fetched_file_is_named()
    {
        Assert.Contains("does not exist", Assert.Throws<InvalidTokenizerException>(() => Tokenizer.Load(folder)).Reason);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
        Assert.Contains("Git LFS pointer", Assert.Throws<InvalidTokenizerException>(() => Tokenizer.Load(folder)).Reason);
    }

    [Fact]
    public void The_sample_whose_alphabet_lacks_the_space_is_refused()
    {
        var sample = Texts.SharedData("tokenizers/hf-bytelevel-bpe-test");
        Assert.SkipWhen(sample is null, "The shared data folder is not here.");
        Assert.Throws<InvalidTokenizerException>(() => Tokenizer.Load(sample!));
    }

    private static void ReplaceSomewhere(JsonNode node, Random random)
    {
        while (true)
        {
            JsonNode?[] children = node switch
            {
                JsonObject members => [.. members.Select(member => member.Value)],
                JsonArray items => [.. items],
                _ => [],
            };
            var child = children.Length == 0 ? -1 : random.Next(children.Length);
            if (child >= 0 && children[child] is JsonObject or JsonArray && random.Next(5) > 0)
            {
                node = children[child]!;
                continue;
            }

            string[] values = ["null", "5", "-1", "1e9", "\"\"", "\"x\"", "[]", "{}", "[null]", "true"];
            var value = JsonNode.Parse(values[random.Next(values.Length)]);
            switch (node)
            {
                case JsonObject { Count: > 0 } members:
                    members[members.ElementAt(child).Key] = value;
                    return;
                case JsonArray { Count: > 0 } items:
                    items[child] = value;
                    return;
                default:
                    return;
            }
        }
    }

    private static void Merge(JsonObject target, JsonObject change)
    {
        foreach (var (key, value) in change)
        {
            if (value is JsonObject inner && target[key] is JsonObject old && inner.Count == 1 && key == "model")
            {
                Merge(old, inner);
            }
            else
            {
                target[key] = value?.DeepClone();
            }
        }
    }

    private JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, file)))!;

    private void Change(string file, Action<JsonObject> change)
    {
        var json = Read(file).AsObject();
        change(json);
        File.WriteAllText(Path.Combine(folder, file), json.ToJsonString(new JsonSerializerOptions()));
    }
}
