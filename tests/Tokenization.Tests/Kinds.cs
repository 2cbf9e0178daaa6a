using System.Collections.Concurrent;
using InternPlatform.Tests.Support;

namespace InternPlatform.Tokenization.Tests;

/// <summary>A tokenizer of each kind, those of the shared data read once.</summary>
internal static class Kinds
{
    private static readonly ConcurrentDictionary<string, Tokenizer> Loaded = new();

    public static TheoryData<string> All => ["own", "gpt-2", "phi-3", "internlm", "internlm2", "unigram"];

    public static TheoryData<string> SentencePiece => ["internlm", "internlm2", "unigram"];

    public static Tokenizer Get(string name) => Loaded.GetOrAdd(name, Read);

    public static string ModelFile(string name) => SharedData.Need(name switch
    {
        "unigram" => "tokenizers/sentencepiece/test_model.model",
        _ => $"tokenizers/internlm/tokenizer_{name}.model",
    });

    public static string GgufFile(string name) => SharedData.Need($"tokenizers/llama.cpp/ggml-vocab-{name}.gguf");

    private static Tokenizer Read(string name) => name switch
    {
        "own" => Texts.Small,
        "gpt-2" or "phi-3" => Tokenizer.FromGguf(GgufMetadata.Read(GgufFile(name))),
        _ => Tokenizer.LoadSentencePiece(ModelFile(name)),
    };
}
