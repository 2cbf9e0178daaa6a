using System.Text;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Catalog.Tokens;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Tests.Support;
using InternPlatform.Tokenization;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

public sealed class TokenTests(CatalogHost catalog) : IClassFixture<CatalogHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TokenizerAlgorithm.ByteLevelBpe, "book")]
    [InlineData(TokenizerAlgorithm.SentencePieceBpe, "book-bpe")]
    [InlineData(TokenizerAlgorithm.Unigram, "book-unigram")]
    public async Task A_book_comes_back_whole_from_its_shards(TokenizerAlgorithm algorithm, string name)
    {
        var text = await File.ReadAllTextAsync(SharedData.Need("corpora/tinyshakespeare.txt"), Cancel);
        var book = await catalog.ImportAsync(name, "book.txt", Encoding.UTF8.GetBytes(text));
        var tokenizer = await TrainAsync(name, algorithm, book.ArtifactId);
        var shards = await TokenizeAsync("book shards", tokenizer, share: 0.05, budget: null, book.ArtifactId);

        Assert.InRange(tokenizer.BytesPerToken, 2, 6);
        using var folder = new TemporaryFolder();
        var (coder, files) = await MaterializeAsync(folder, tokenizer.ArtifactId, shards.ArtifactId);
        var samples = Read(files, "train/en/train.bin").Concat(Read(files, $"valid/en/{name}/valid.bin")).ToList();
        Assert.Equal(shards.TrainTokens + shards.ValidationTokens, samples.Sum(sample => sample.Length));
        var rows = samples.Select(sample => coder.Decode(sample, skipSpecialTokens: true)).Order(StringComparer.Ordinal);
        var stored = new List<string>();
        for (var offset = 0L; offset < book.Rows; offset += 500)
        {
            stored.AddRange((await catalog.RowsAsync(name, offset, 500)).Rows.Select(row => row.GetProperty("text").GetString()!));
        }

        Assert.Equal(stored.Order(StringComparer.Ordinal), rows);
        Assert.All(samples, sample => Assert.Equal((coder.SpecialTokens["<s>"], coder.SpecialTokens["</s>"]), (sample[0], sample[^1])));
        Assert.InRange(shards.ValidationTokens / (double)(shards.TrainTokens + shards.ValidationTokens), 0.02, 0.09);
    }

    [Fact]
    public async Task Two_data_sets_give_equal_parts_and_can_be_measured_alone()
    {
        var book = await catalog.ImportAsync("小书", "book.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 4_000).Select(i => $"Line {i} of a small book.\n\n"))));
        var sample = await catalog.SucceedAsync<ImportDataset, ImportResult>("import", new ImportDataset { Name = "sample", Sample = new SampleSource { Documents = 6_000 } });
        var tokenizer = await TrainAsync("mixed tokens", sample.ArtifactId, book.ArtifactId);
        var shards = await TokenizeAsync("mixed", tokenizer, share: 0.02, budget: 200_000, sample.ArtifactId, book.ArtifactId);
        var again = await TokenizeAsync("mixed", tokenizer, share: 0.02, budget: 200_000, sample.ArtifactId, book.ArtifactId);

        Assert.Equal(shards.ArtifactId, again.ArtifactId);
        Assert.InRange(shards.TrainTokens, 195_000, 200_000);
        using var folder = new TemporaryFolder();
        var (coder, files) = await MaterializeAsync(folder, tokenizer.ArtifactId, shards.ArtifactId);
        var parts = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Join(files, "mixture.json"), Cancel)).RootElement;
        Assert.All(parts.EnumerateArray(), part => Assert.InRange(part.GetProperty("trainTokens").GetInt64(), 97_000, 100_000));
        Assert.All(parts.EnumerateArray(), part => Assert.True(part.GetProperty("validationTokens").GetInt64() > 100));
        Assert.Equal(["sample", "dataset-2"], parts.EnumerateArray().Select(part => part.GetProperty("folder").GetString()));

        var chats = Read(files, "train/en/train.bin").Where(ids => ids.Any(id => id < 0)).ToList();
        Assert.True(chats.Count > 100);
        Assert.All(chats, ids => Assert.Contains(ids, id => id > 0));
        var user = chats.First(ids => coder.Decode([.. ids.Select(Math.Abs)], skipSpecialTokens: false).StartsWith("<s><|im_start|>user\n", StringComparison.Ordinal));
        var answer = Array.FindIndex(user, id => id > 0);
        Assert.EndsWith("<|im_start|>assistant\n", coder.Decode([.. user[..answer].Select(Math.Abs)], skipSpecialTokens: false), StringComparison.Ordinal);

        var lineage = await catalog.GetAsync<LineageView>($"lineage/{shards.ArtifactId}");
        Assert.Equal(["dataset", "dataset", "shards", "tokenizer"], lineage.Nodes.Select(node => node.Kind).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_long_row_is_cut_without_losing_a_token()
    {
        var row = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"word{i} "));
        var data = await catalog.ImportAsync("long", "a.jsonl", Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { text = row })));
        var tokenizer = await TrainAsync("long tokens", data.ArtifactId);
        var shards = await TokenizeAsync("long shards", tokenizer, share: 0.5, budget: null, data.ArtifactId);

        using var folder = new TemporaryFolder();
        var (coder, files) = await MaterializeAsync(folder, tokenizer.ArtifactId, shards.ArtifactId);
        var samples = Read(files, "train/en/train.bin").ToList();
        if (File.Exists(Path.Join(files, "valid/en/long/valid.bin")))
        {
            samples.AddRange(Read(files, "valid/en/long/valid.bin"));
        }

        Assert.True(samples.Count > 4);
        Assert.All(samples, sample => Assert.True(sample.Length <= 4096));
        Assert.Equal(coder.Encode(row).Length + 2, samples.Sum(sample => sample.Length));
    }

    [Fact]
    public async Task What_cannot_be_tokenised_is_refused_before_it_is_queued()
    {
        var data = await catalog.ImportAsync("refused", "a.txt", "text of a book"u8.ToArray());
        var tokenizer = await TrainAsync("refused tokens", data.ArtifactId);
        var good = new TokenizeDatasets { Name = "x", TokenizerArtifactId = tokenizer.ArtifactId, DatasetArtifactIds = [data.ArtifactId] };
        (TokenizeDatasets Spec, string Problem)[] refused =
        [
            (good with { Name = "" }, "invalid-name"), (good with { ChatTemplate = "no-such-template" }, "invalid-spec"), (good with { ValidationShare = 0.9 }, "invalid-spec"),
            (good with { TokenBudget = 0 }, "invalid-spec"), (good with { DatasetArtifactIds = [] }, "invalid-spec"), (good with { DatasetArtifactIds = [data.ArtifactId, data.ArtifactId] }, "invalid-spec"),
            (good with { TokenizerArtifactId = data.ArtifactId }, "artifact-not-found"), (good with { DatasetArtifactIds = ["../../etc"] }, "artifact-not-found"),
        ];

        foreach (var (spec, problem) in refused)
        {
            Assert.Equal(problem, (await catalog.RefusalAsync(await catalog.PostJobAsync("tokenize", spec))).Problem);
        }

        Assert.Equal("invalid-spec", (await catalog.RefusalAsync(await catalog.PostJobAsync("tokenizer", new TrainTokenizer { Name = "x", DatasetArtifactIds = [data.ArtifactId], VocabularySize = 100 }))).Problem);
    }

    [Theory]
    [InlineData(null, 100, 110)]
    [InlineData(60L, 30, 30)]
    [InlineData(5_000L, 100, 110)]
    public void The_smaller_part_is_repeated_evenly_and_the_larger_one_at_most_cut(long? budget, int small, int large)
    {
        var picks = Mixture.Make([Of(25, 1), Of(110, 1)], budget, mostPasses: 4, seed: 5);

        Assert.Equal((small, large), (picks.Count(pick => pick.Source == 0), picks.Count(pick => pick.Source == 1)));
        Assert.Equal(large, picks.Where(pick => pick.Source == 1).Distinct().Count());
        var times = picks.Where(pick => pick.Source == 0).GroupBy(pick => pick.Sample).Select(same => same.Count()).ToList();
        Assert.True(times.Max() - times.Min() <= 1);
        Assert.Equal(picks, Mixture.Make([Of(25, 1), Of(110, 1)], budget, mostPasses: 4, seed: 5));
        Assert.NotEqual(picks, Mixture.Make([Of(25, 1), Of(110, 1)], budget, mostPasses: 4, seed: 6));

        static List<EncodedSample> Of(int count, int tokens) => [.. Enumerable.Range(0, count).Select(i => new EncodedSample(i, tokens))];
    }

    private Task<TokenizerResult> TrainAsync(string name, params string[] datasets) => TrainAsync(name, TokenizerAlgorithm.ByteLevelBpe, datasets);

    private Task<TokenizerResult> TrainAsync(string name, TokenizerAlgorithm algorithm, params string[] datasets) =>
        catalog.SucceedAsync<TrainTokenizer, TokenizerResult>("tokenizer", new TrainTokenizer { Name = name, DatasetArtifactIds = datasets, VocabularySize = 1024, Algorithm = algorithm });

    private Task<TokenizeResult> TokenizeAsync(string name, TokenizerResult tokenizer, double share, long? budget, params string[] datasets) =>
        catalog.SucceedAsync<TokenizeDatasets, TokenizeResult>(
            "tokenize", new TokenizeDatasets { Name = name, TokenizerArtifactId = tokenizer.ArtifactId, DatasetArtifactIds = datasets, ValidationShare = share, TokenBudget = budget });

    private async Task<(Tokenizer Tokenizer, string Shards)> MaterializeAsync(TemporaryFolder folder, string tokenizer, string shards)
    {
        await catalog.Store.MaterializeAsync(tokenizer, Path.Join(folder.Path, "tokenizer"), Cancel);
        await catalog.Store.MaterializeAsync(shards, Path.Join(folder.Path, "shards"), Cancel);
        return (Tokenizer.Load(Path.Join(folder.Path, "tokenizer")), Path.Join(folder.Path, "shards"));
    }

    private static IEnumerable<int[]> Read(string folder, string shard)
    {
        using var reader = TokenShardReader.Open(Path.Join(folder, shard));
        for (var i = 0; i < reader.Count; i++)
        {
            yield return reader.Read(i);
        }
    }
}
