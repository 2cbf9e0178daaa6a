// The learning core in one program: generate text, train a tokenizer, pack, train a model of a million parameters, and look at what it can do.
using System.Diagnostics;
using System.Globalization;
using InternPlatform.Catalog.Sample;
using InternPlatform.Tokenization;
using InternPlatform.Training;
using InternPlatform.TrainTiny;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (Arguments.Parse(args) is not { } arguments)
{
    return 2;
}

var clock = Stopwatch.StartNew();
var rows = SampleCorpus.Rows(arguments.Seed, arguments.Rows).ToArray();
var heldOut = SampleCorpus.Rows(arguments.Seed + 1_000_000, 800).ToArray();
var book = arguments.TextFile is null ? [] : Shards.Cut(File.ReadAllText(arguments.TextFile)).ToArray();
Console.WriteLine($"generated {rows.Length} rows in {clock.Elapsed.TotalSeconds:F1} s");

clock.Restart();
var tokenizer = BpeTrainer.Train(
    rows.Take(12_000).Select(Shards.TextOf).Concat(book), new BpeTrainingOptions(), progress: null, CancellationToken.None);
Console.WriteLine($"tokenizer of {tokenizer.VocabularySize} entries in {clock.Elapsed.TotalSeconds:F1} s");

clock.Restart();
Directory.CreateDirectory(arguments.Folder);
var encoded = rows.Select(row => (row.Kind, Ids: Shards.Encode(tokenizer, row))).ToArray();
string sampleShard = Path.Combine(arguments.Folder, "sample.bin"), bookShard = Path.Combine(arguments.Folder, "book.bin"), validShard = Path.Combine(arguments.Folder, "valid.bin");
var sampleTokens = Shards.Write(sampleShard, encoded.Select(row => row.Ids));
Shards.Write(validShard, heldOut.Select(row => Shards.Encode(tokenizer, row)));
Console.WriteLine($"encoded {sampleTokens} tokens in {clock.Elapsed.TotalSeconds:F1} s; shares: " + string.Join(", ", encoded
    .GroupBy(row => row.Kind).OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => $"{kind.Key} {(double)kind.Sum(row => row.Ids.Length) / sampleTokens:P0}")));

var options = new PretrainOptions
{
    VocabularySize = tokenizer.VocabularySize,
    TokenBudget = arguments.Tokens,
    Seed = (ulong)arguments.Seed,
    Threads = arguments.Threads,
    ShardShares = book.Length == 0 ? null : [.5, .5],
};
if (book.Length > 0)
{
    Shards.Write(bookShard, book.Select(part => Shards.Document(tokenizer, part)));
}

var checkpoints = Path.Combine(arguments.Folder, $"checkpoints-{arguments.Seed}-{Environment.ProcessId}");
clock.Restart();
var cpu = Process.GetCurrentProcess().TotalProcessorTime;
var result = Pretraining.Run(
    options, book.Length == 0 ? [sampleShard] : [sampleShard, bookShard], [validShard], checkpoints, new ConsoleObserver(), CancellationToken.None);
var (seconds, cpuSeconds) = (clock.Elapsed.TotalSeconds, (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds);

var modelFolder = Path.Combine(arguments.Folder, $"model-{arguments.Seed}");
ModelExport.Write(modelFolder, result.CheckpointFolder, tokenizer);
using var model = LoadedModel.Open(result.CheckpointFolder);
var probe = CopyProbe.Measure(model, tokenizer, arguments.Seed + 77);
foreach (var prompt in (string[])["One day Tom went to", "有一天，", "Mia lives in"])
{
    Console.WriteLine($"> {prompt}{Greedy.Continue(model, tokenizer, Shards.Document(tokenizer, prompt)[..^1], 60)}");
}

foreach (var question in (string[])["Repeat: 4821 77", "What is 365 plus 1234?", "你好！"])
{
    var ids = ChatTemplate.Get("internlm2").Encode(tokenizer, [new ChatMessage { Role = "user", Content = question }], null, addGenerationPrompt: true);
    Console.WriteLine($"> {question} -> {Greedy.Continue(model, tokenizer, ids, 60)}");
}

Console.WriteLine($"train-tiny: seed={arguments.Seed} tokens={result.Tokens} seconds={seconds:F0} cpu_seconds={cpuSeconds:F0} " +
    $"tokens_per_cpu_second={result.Tokens / cpuSeconds:F0} val_ppl={result.ValidationPerplexity:F3} bigram_ppl={result.BigramPerplexity:F2} " +
    $"unigram_ppl={result.UnigramPerplexity:F1} call={probe.Call:F3} result={probe.Result:F3} weights={result.WeightsHash[..12]}");
return 0;
