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
    // The beginning of what its author prints for greedy sampling, in stories260K.md.
    private const string Published =
        "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.\n" +
        "Lily's mom said, \"Lily, let's go to the park.\" Lily was sad and didn't know w";

    private readonly string root = Directory.CreateTempSubdirectory("intern-stories-").FullName;

    [Fact]
    public async Task A_published_model_says_what_its_author_printed()
    {
        var pieces = Pieces(SharedData.Need("models/stories260K/tok512.bin"));
        using (var source = ModelConverter.Open(SharedData.Need("models/stories260K/stories260K.bin")))
        {
            ModelConverter.WriteGguf(Path.Combine(root, "a.gguf"), source, GgufType.F32);
        }

        using (var gguf = ModelConverter.Open(Path.Combine(root, "a.gguf")))
        {
            ModelConverter.WriteFolder(Path.Combine(root, "model"), gguf, AnyTokenizer(pieces.Count), DType.F32);
        }

        using var folder = ModelFolder.Open(Path.Combine(root, "model"));
        await using var engine = InferenceEngine.Start(folder, new(), TimeProvider.System);
        var generation = engine.Submit(new() { Prompt = [1], CacheSalt = "", MaxNewTokens = 100, Sampling = new() { Temperature = 0 } });
        var text = new StringBuilder();
        await foreach (var token in generation.Tokens.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            text.Append(pieces[token.Token]);
        }

        Assert.Equal(Published, text.ToString().TrimStart());
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
