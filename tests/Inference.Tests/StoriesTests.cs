using System.Text;
using InternPlatform.Inference.Engine;
using InternPlatform.Inference.Text;
using InternPlatform.Models;
using InternPlatform.Tensors;
using InternPlatform.Tests.Support;
using InternPlatform.Tokenization;
using Xunit;

namespace InternPlatform.Inference.Tests;

/// <summary>A published model's published text: the whole chain from a foreign file to tokens, with every convention on the way.</summary>
public sealed class StoriesTests : IDisposable
{
    private const int Tokens = 256;

    private readonly string root = Directory.CreateTempSubdirectory("intern-stories-").FullName;

    public static TheoryData<string> Formats => ["llama2.c v0", "llama2.c v1", "GGUF", "GGUF from a folder", "folder", "folder from GGUF"];

    private static Tokenizer Vocabulary => Tokenizer.LoadLlama2c(SharedData.Need("models/stories260K/tok512.bin"));

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task A_published_model_says_what_its_author_printed_through_every_format(string format)
    {
        using var source = ModelConverter.Open(Write(format, SharedData.Need("models/stories260K/stories260K.bin")));
        Assert.Equal(Published(), await StoryAsync(source, Tokens));
    }

    /// <summary>As a replica serves it: the files alone, text in and text out.</summary>
    [Theory]
    [InlineData("GGUF")]
    [InlineData("folder")]
    [InlineData("folder from GGUF")]
    public async Task It_says_so_as_text_with_the_tokenizer_that_the_format_brings(string format)
    {
        var path = Write(format, SharedData.Need("models/stories260K/stories260K.bin"));
        await using var model = TextModel.Load(File.Exists(path) ? root : path, new(), TimeProvider.System);
        Assert.Null(model.Template);
        const string begin = "Once upon a time";
        var generation = model.Start(new() { Prompt = model.EncodeText(begin), CacheSalt = "", MaxNewTokens = 260, Sampling = new() { Temperature = 0 } });
        var text = new StringBuilder(begin);
        await foreach (var piece in generation.ReadAsync(TestContext.Current.CancellationToken))
        {
            text.Append(piece.Text);
        }

        Assert.Equal(Published(), text.ToString()[..Math.Min(565, text.Length)]);
    }

    /// <summary>8 bits a weight change the words after a while, never at once.</summary>
    [Fact]
    public async Task In_8_bits_it_begins_the_same()
    {
        var path = Path.Combine(root, "q8.gguf");
        using (var original = ModelConverter.Open(SharedData.Need("models/stories260K/stories260K.bin")))
        {
            ModelConverter.WriteGguf(path, original, GgufType.Q80);
        }

        using var source = ModelConverter.Open(path);
        Assert.Contains(WeightNames.All(source.Config), weight => source.EncodingOf(weight.Name) is { Bits: 8, GroupSize: 32 });
        Assert.StartsWith(await StoryAsync(source, 12), Published(), StringComparison.Ordinal);
    }

    private static async Task<string> StoryAsync(IModelSource source, int tokens)
    {
        var tokenizer = Vocabulary;
        await using var engine = InferenceEngine.Start(source, tokenizer.VocabularySize, new(), TimeProvider.System);
        var generation = engine.Submit(new() { Prompt = [1], CacheSalt = "", MaxNewTokens = tokens, Sampling = new() { Temperature = 0 } });
        var ids = await generation.Tokens.ReadAllAsync(TestContext.Current.CancellationToken).Select(token => token.Token).ToArrayAsync(TestContext.Current.CancellationToken);
        return tokenizer.Decode(ids, skipSpecialTokens: true).Trim();
    }

    private string Write(string format, string original)
    {
        var (gguf, folder, other) = (Path.Combine(root, "model.gguf"), Path.Combine(root, "model"), Path.Combine(root, "other"));
        switch (format)
        {
            case "llama2.c v0":
                return original;
            case "llama2.c v1":
                Convert(original, source => Llama2cWriter.Write(other, source, version: 1));
                return other;
            case "GGUF":
                Convert(original, source => ModelConverter.WriteGguf(gguf, source, GgufType.F32, Vocabulary));
                return gguf;
            case "GGUF from a folder":
                Convert(Write("folder", original), source => ModelConverter.WriteGguf(gguf, source, GgufType.F32, Vocabulary));
                return gguf;
            case "folder":
                Convert(original, source => ModelConverter.WriteFolder(folder, source, Vocabulary, DType.F32));
                return folder;
            default:
                Convert(Write("GGUF", original), source => ModelConverter.WriteFolder(folder, source, Vocabulary, DType.F32));
                return folder;
        }
    }

    private static void Convert(string path, Action<IModelSource> write)
    {
        using var source = ModelConverter.Open(path);
        write(source);
    }

    /// <summary>What stands below the command of greedy sampling.</summary>
    private static string Published()
    {
        var page = File.ReadAllText(SharedData.Need("models/stories260K/stories260K.md"));
        var begin = page.IndexOf("Once upon", StringComparison.Ordinal);
        var text = page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)].Trim();
        Assert.Equal(565, text.Length);
        return text;
    }

    public void Dispose() => Directory.Delete(root, recursive: true);
}
