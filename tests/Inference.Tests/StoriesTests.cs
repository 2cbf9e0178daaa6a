using System.Text;
using InternPlatform.Inference.Engine;
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

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task A_published_model_says_what_its_author_printed_through_every_format(string format)
    {
        var pieces = Pieces(SharedData.Need("models/stories260K/tok512.bin"));
        using var source = ModelConverter.Open(Write(format, SharedData.Need("models/stories260K/stories260K.bin"), pieces.Count));
        await using var engine = InferenceEngine.Start(source, pieces.Count, new(), TimeProvider.System);
        var generation = engine.Submit(new() { Prompt = [1], CacheSalt = "", MaxNewTokens = Tokens, Sampling = new() { Temperature = 0 } });
        var text = new StringBuilder();
        await foreach (var token in generation.Tokens.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            text.Append(pieces[token.Token]);
        }

        Assert.Equal(Published(), text.ToString().Trim());
    }

    /// <summary>8 bits a weight change the words after a while, never at once.</summary>
    [Fact]
    public async Task In_8_bits_it_begins_the_same()
    {
        var pieces = Pieces(SharedData.Need("models/stories260K/tok512.bin"));
        var path = Path.Combine(root, "q8.gguf");
        using (var original = ModelConverter.Open(SharedData.Need("models/stories260K/stories260K.bin")))
        {
            ModelConverter.WriteGguf(path, original, GgufType.Q80);
        }

        using var source = ModelConverter.Open(path);
        Assert.Contains(WeightNames.All(source.Config), weight => source.EncodingOf(weight.Name) is { Bits: 8, GroupSize: 32 });
        await using var engine = InferenceEngine.Start(source, pieces.Count, new(), TimeProvider.System);
        var generation = engine.Submit(new() { Prompt = [1], CacheSalt = "", MaxNewTokens = 12, Sampling = new() { Temperature = 0 } });
        var text = new StringBuilder();
        await foreach (var token in generation.Tokens.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            text.Append(pieces[token.Token]);
        }

        Assert.StartsWith(text.ToString().Trim(), Published(), StringComparison.Ordinal);
    }

    private string Write(string format, string original, int tokens)
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
                Convert(original, source => ModelConverter.WriteGguf(gguf, source, GgufType.F32));
                return gguf;
            case "GGUF from a folder":
                Convert(Write("folder", original, tokens), source => ModelConverter.WriteGguf(gguf, source, GgufType.F32));
                return gguf;
            case "folder":
                Convert(original, source => ModelConverter.WriteFolder(folder, source, AnyTokenizer(tokens), DType.F32));
                return folder;
            default:
                Convert(Write("GGUF", original, tokens), source => ModelConverter.WriteFolder(folder, source, AnyTokenizer(tokens), DType.F32));
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

    /// <summary>llama2.c's vocabulary: the longest length, then for each token a score, its length and its bytes.</summary>
    private static List<string> Pieces(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        reader.ReadInt32();
        var pieces = new List<string>();
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            reader.ReadSingle();
            pieces.Add(Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32())).Replace("<0x0A>", "\n", StringComparison.Ordinal));
        }

        return pieces;
    }

    // A folder has a tokenizer; this one only has as many tokens, so that none is out of bounds for the engine.
    private static Tokenizer AnyTokenizer(int tokens)
    {
        var random = new Random(1);
        var words = Enumerable.Range(0, 4000).Select(_ => new string([.. Enumerable.Range(0, random.Next(2, 9)).Select(_ => (char)random.Next('a', 'z' + 1))]));
        var tokenizer = BpeTrainer.Train([string.Join(' ', words)], new() { VocabularySize = tokens }, null, CancellationToken.None);
        Assert.Equal(tokens, tokenizer.VocabularySize);
        return tokenizer;
    }
}
