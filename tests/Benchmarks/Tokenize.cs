using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using InternPlatform.Models;
using InternPlatform.Tests.Support;
using InternPlatform.Tokenization;

namespace InternPlatform.Benchmarks;

/// <summary>
/// Encoding the corpora line by line on one thread, each time with a tokenizer just opened, beside Hugging Face's Rust library on the same
/// vocabulary; the ids must be equal. Then training a byte-level BPE of 32 k on 50 MB, the corpora repeated. Measured, medians.
/// </summary>
internal static class Tokenize
{
    private const int Rounds = 5;
    private const int TrainedBytes = 50 << 20;
    private static readonly string[] Corpora = ["corpora/tinyshakespeare.txt", "corpora/wiki_demo.txt", "corpora/botchan.txt"];

    public static Task RunAsync()
    {
        var figures = new Figures("tokenizer");
        using var folder = new TemporaryFolder();
        var lines = Corpora.SelectMany(file => File.ReadLines(SharedData.Need(file))).Where(line => line.Length > 0).ToArray();
        using (var gpt2 = GgufFile.Open(SharedData.Need("tokenizers/llama.cpp/ggml-vocab-gpt-2.gguf")))
        {
            var written = Path.Combine(folder.Path, "bytes");
            Tokenizer.FromGguf(gpt2.Metadata).Save(written);
            Compare(figures, "", () => Tokenizer.FromGguf(gpt2.Metadata), Path.Combine(written, "tokenizer.json"), lines);
        }

        using (var phi = GgufFile.Open(SharedData.Need("tokenizers/llama.cpp/ggml-vocab-phi-3.gguf")))
        {
            var written = Path.Combine(folder.Path, "spm.json");
            File.WriteAllText(written, MergesOf(Tokenizer.FromGguf(phi.Metadata)).ToJsonString());
            // Marks in pointed brackets are special tokens to the other one wherever they stand.
            Compare(figures, "_spm", () => Tokenizer.FromGguf(phi.Metadata), written, [.. lines.Where(line => !line.Contains('<'))]);
        }

        var repeated = Repeat(lines).ToList();
        var began = Stopwatch.GetTimestamp();
        var trained = BpeTrainer.Train(repeated, new() { VocabularySize = 32_000 }, null, CancellationToken.None);
        figures.Add("train_s", Stopwatch.GetElapsedTime(began).TotalSeconds, "F1");
        figures.Add("trained_tokens", trained.VocabularySize, "F0");
        figures.Print();
        return Task.CompletedTask;
    }

    private static void Compare(Figures figures, string suffix, Func<Tokenizer> open, string file, string[] lines)
    {
        var megabytes = lines.Sum(Encoding.UTF8.GetByteCount) / 1e6;
        var (ours, theirs) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var tokenizer = open();
            var began = Stopwatch.GetTimestamp();
            var ids = Array.ConvertAll(lines, tokenizer.Encode);
            ours.Add(megabytes / Stopwatch.GetElapsedTime(began).TotalSeconds);
#if PEERS
            var peer = new global::Tokenizers.DotNet.Tokenizer(file);
            began = Stopwatch.GetTimestamp();
            var expected = Array.ConvertAll(lines, peer.Encode);
            theirs.Add(megabytes / Stopwatch.GetElapsedTime(began).TotalSeconds);
            var other = Enumerable.Range(0, lines.Length).Count(i => !expected[i].Select(id => (int)id).SequenceEqual(ids[i]));
            if (other > 0)
            {
                throw new InvalidOperationException($"{other} of {lines.Length} lines have other ids in {file}.");
            }
#endif
        }

        figures.Add($"mb_s{suffix}", BigModel.Median(ours), "F1");
        if (theirs.Count > 0)
        {
            figures.Add($"rust_mb_s{suffix}", BigModel.Median(theirs), "F1");
            figures.Add($"ratio{suffix}", BigModel.Median(ours) / BigModel.Median(theirs), "F2");
        }
    }

    private static IEnumerable<string> Repeat(string[] lines)
    {
        for (var bytes = 0L; bytes < TrainedBytes;)
        {
            foreach (var line in lines)
            {
                bytes += Encoding.UTF8.GetByteCount(line);
                yield return line;
            }
        }
    }

    /// <summary>A SentencePiece BPE as transformers converts it: merges in the order of the pieces they make.</summary>
    private static JsonObject MergesOf(Tokenizer tokenizer)
    {
        var keys = tokenizer.ToGguf(tokenizer.VocabularySize).ToDictionary(pair => pair.Key["tokenizer.ggml.".Length..], pair => pair.Value);
        var (pieces, scores, types) = ((string[])keys["tokens"], (float[])keys["scores"], (int[])keys["token_type"]);
        var ids = pieces.Index().ToDictionary(piece => piece.Item, piece => piece.Index);
        var merges = new JsonArray();
        foreach (var id in Enumerable.Range(0, pieces.Length).Where(id => types[id] == 1).OrderByDescending(id => scores[id]))
        {
            for (var at = 1; at < pieces[id].Length; at++)
            {
                if (ids.ContainsKey(pieces[id][..at]) && ids.ContainsKey(pieces[id][at..]))
                {
                    merges.Add(new JsonArray(pieces[id][..at], pieces[id][at..]));
                }
            }
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["normalizer"] = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}"""),
            ["pre_tokenizer"] = null,
            ["post_processor"] = null,
            ["decoder"] = null,
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "<unk>",
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["ignore_merges"] = false,
                ["vocab"] = new JsonObject(ids.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value)))),
                ["merges"] = merges,
            },
        };
    }
}
