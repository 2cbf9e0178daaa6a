using System.Net;
using System.Text;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

public sealed class CleanJobTests(CatalogHost catalog) : IClassFixture<CatalogHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_version_becomes_the_next_one_with_a_report_and_its_source_in_the_lineage()
    {
        var dirty = await ImportSampleAsync("to clean", new SampleSource { Seed = 4, Documents = 2000, Dirt = 0.1 });
        var result = await catalog.SucceedAsync<CleanDataset, CleanResult>("clean", new CleanDataset { Name = "to clean", DatasetArtifactId = dirty.ArtifactId });

        Assert.Equal((dirty.DatasetId, 2, dirty.Rows), (result.DatasetId, result.Version, result.RowsIn));
        Assert.Equal(["normalize", "length", "language", "repetition", "exact-duplicates", "near-duplicates"], result.Steps.Select(step => step.Kind));
        Assert.Equal(result.Steps.Select(step => step.RowsIn).Skip(1).Append(result.RowsOut), result.Steps.Select(step => step.RowsOut));
        Assert.All(result.Steps, step => Assert.Equal(Math.Min(20, step.RowsIn - step.RowsOut), step.Dropped.Count));
        var version = (await catalog.GetAsync<DatasetView>("datasets/to clean")).Versions[0];
        Assert.Equal((2, result.RowsOut, "clean", result.ArtifactId), (version.Version, version.Rows, version.Source, version.ArtifactId));
        Assert.True(version.RowKinds.Where(kind => kind.Key.StartsWith("planted-", StringComparison.Ordinal)).Sum(kind => kind.Value) < 30);

        var before = (await LinesAsync(dirty.ArtifactId)).ToHashSet();
        Assert.All(await LinesAsync(result.ArtifactId), line => Assert.Contains(line, before));
        var lineage = await catalog.GetAsync<LineageView>($"lineage/{result.ArtifactId}");
        Assert.Contains(lineage.Edges, edge => (edge.From, edge.To) == (dirty.ArtifactId, result.ArtifactId));
        await using var file = await catalog.Store.OpenFileAsync(result.ArtifactId, "cleaning.json", Cancel);
        using var report = await JsonDocument.ParseAsync(file, default, Cancel);
        Assert.Equal(6, report.RootElement.GetProperty("recipe").GetArrayLength());
        Assert.Equal(result.RowsOut, report.RootElement.GetProperty("rowsOut").GetInt64());
    }

    [Fact]
    public async Task The_same_recipe_on_the_same_rows_gives_the_same_artefact()
    {
        var dirty = await ImportSampleAsync("again", new SampleSource { Seed = 6, Documents = 800, Dirt = 0.1 });
        var recipe = await catalog.GetAsync<CleaningRecipe>("cleaning/recipe");
        var first = await catalog.SucceedAsync<CleanDataset, CleanResult>("clean", new CleanDataset { Name = "again", DatasetArtifactId = dirty.ArtifactId, Steps = recipe.Steps });
        var second = await catalog.SucceedAsync<CleanDataset, CleanResult>("clean", new CleanDataset { Name = "again", DatasetArtifactId = dirty.ArtifactId, Steps = recipe.Steps });

        Assert.Equal(first.ArtifactId, second.ArtifactId);
    }

    [Fact]
    public async Task Steps_run_in_the_order_of_the_recipe()
    {
        var source = await catalog.ImportAsync("ordered", "a.jsonl", Encoding.UTF8.GetBytes("{\"text\": \"ab    \"}\n{\"text\": \"abcdef\"}\n"));
        CleaningStep[] steps = [new() { Kind = "normalize" }, new() { Kind = "length", Options = JsonElement.Parse("""{"minimum": 4}""") }];
        var trimmed = await catalog.SucceedAsync<CleanDataset, CleanResult>("clean", new CleanDataset { Name = "ordered", DatasetArtifactId = source.ArtifactId, Steps = steps });
        var untrimmed = await catalog.SucceedAsync<CleanDataset, CleanResult>("clean", new CleanDataset { Name = "ordered", DatasetArtifactId = source.ArtifactId, Steps = [.. steps.Reverse()] });

        Assert.Equal((1, 2), (trimmed.RowsOut, untrimmed.RowsOut));
        Assert.Equal("2 characters (at least 4)", trimmed.Steps[1].Dropped[0].Reason);
    }

    [Fact]
    public async Task A_recipe_that_leaves_nothing_fails_and_names_the_step()
    {
        var source = await catalog.ImportAsync("emptied", "a.txt", "one short line"u8.ToArray());
        var job = await catalog.RunAsync("clean", new CleanDataset
        {
            Name = "emptied",
            DatasetArtifactId = source.ArtifactId,
            Steps = [new() { Kind = "normalize" }, new() { Kind = "length", Options = JsonElement.Parse("""{"minimum": 1000}""") }],
        });

        Assert.Equal((JobState.Failed, "urn:intern-platform:catalog:nothing-left"), (job.State, job.Problem?.Type));
        Assert.Contains("Step 2 (length)", job.Problem!.Detail, StringComparison.Ordinal);
        Assert.Single((await catalog.GetAsync<DatasetView>("datasets/emptied")).Versions);
    }

    [Fact]
    public async Task What_cannot_be_cleaned_is_refused_before_it_is_queued()
    {
        var source = await catalog.ImportAsync("refused", "a.txt", "text"u8.ToArray());
        (CleanDataset Spec, string Problem)[] refused =
        [
            (new CleanDataset { Name = "", DatasetArtifactId = source.ArtifactId }, "invalid-name"),
            (new CleanDataset { Name = "a", DatasetArtifactId = new string('0', 64) }, "artifact-not-found"),
            (new CleanDataset { Name = "a", DatasetArtifactId = source.ArtifactId, Steps = [new() { Kind = "polish" }] }, "invalid-spec"),
            (new CleanDataset { Name = "a", DatasetArtifactId = source.ArtifactId, Steps = [new() { Kind = "length", Options = JsonElement.Parse("""{"minimum": "a"}""") }] }, "invalid-spec"),
        ];

        foreach (var (spec, problem) in refused)
        {
            Assert.Equal(problem, (await catalog.RefusalAsync(await catalog.PostJobAsync("clean", spec))).Problem);
        }

        Assert.Equal("artifact-not-found", (await catalog.RefusalAsync(await catalog.PostJobAsync("clean", new CleanDataset { Name = "a", DatasetArtifactId = source.ArtifactId }, CatalogHost.OtherProject))).Problem);
    }

    [Fact]
    public async Task The_parts_of_the_sample_are_dialogues_to_tune_on_and_records_to_be_asked()
    {
        var tuning = await ImportSampleAsync("tuning", new SampleSource { Documents = 300, Part = "tuning" });
        var questions = await ImportSampleAsync("questions", new SampleSource { Documents = 10, Part = "questions" });

        Assert.Equal(300, tuning.Rows);
        Assert.All((await catalog.RowsAsync("tuning")).Rows, row => Assert.Equal("assistant", row.GetProperty("messages").EnumerateArray().Last().GetProperty("role").GetString()));
        Assert.Equal((6 * 10) + (3 * 5), questions.Rows);
        var records = (await catalog.RowsAsync("questions", limit: 100)).Rows.Select(row => row.GetProperty("record")).ToList();
        string[] fields = ["dimension", "language", "messages", "answer", "choices", "tools", "toolResult"];
        Assert.Equal(fields, records[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal([.. fields, "digits"], records[^1].EnumerateObject().Select(member => member.Name));
        Assert.Equal([2, 3, 4], records.Where(record => record.GetProperty("dimension").GetString() == "tool").Select(record => record.GetProperty("digits").GetInt32()).Distinct());
        Assert.Equal(10, (await catalog.GetAsync<DatasetView>("datasets/questions")).Versions[0].RowKinds["safety"]);

        Assert.Equal("urn:intern-platform:catalog:records-not-text", (await catalog.RunAsync("tokenizer", new TrainTokenizer { Name = "t", DatasetArtifactIds = [questions.ArtifactId] })).Problem?.Type);
        var tokenizer = await catalog.SucceedAsync<TrainTokenizer, TokenizerResult>("tokenizer", new TrainTokenizer { Name = "t", DatasetArtifactIds = [tuning.ArtifactId], VocabularySize = 300 });
        var refused = await catalog.RunAsync("tokenize", new TokenizeDatasets { Name = "t", TokenizerArtifactId = tokenizer.ArtifactId, DatasetArtifactIds = [questions.ArtifactId] });
        Assert.Equal("urn:intern-platform:catalog:records-not-text", refused.Problem?.Type);
    }

    [Fact]
    public async Task A_file_is_kept_as_its_owner_says()
    {
        var upload = await catalog.UploadAsync("a.jsonl", """{"question": "1 + 1?", "answer": "2"}"""u8.ToArray());
        await catalog.SucceedAsync<ImportDataset, ImportResult>("import", new ImportDataset { Name = "as text", UploadId = upload, Keep = "text" });
        await catalog.SucceedAsync<ImportDataset, ImportResult>("import", new ImportDataset { Name = "as told", UploadId = upload });
        var book = await catalog.UploadAsync("a.txt", "text"u8.ToArray());

        Assert.Equal("1 + 1?\n2", (await catalog.RowsAsync("as text")).Rows[0].GetProperty("text").GetString());
        Assert.Equal("2", (await catalog.RowsAsync("as told")).Rows[0].GetProperty("record").GetProperty("answer").GetString());
        Assert.Equal("invalid-spec", (await catalog.RefusalAsync(await catalog.PostJobAsync("import", new ImportDataset { Name = "a", UploadId = upload, Keep = "everything" }))).Problem);
        Assert.Equal("urn:intern-platform:catalog:no-records", (await catalog.RunAsync("import", new ImportDataset { Name = "a", UploadId = book, Keep = "records" })).Problem?.Type);
    }

    [Fact]
    public async Task Statistics_tell_what_the_columns_hold()
    {
        await catalog.ImportAsync("counted", "a.jsonl", Encoding.UTF8.GetBytes(
            """
            {"question": "What is it?", "answer": "a", "label": 1, "options": ["a", "b"], "ok": true, "more": {"x": 1}}
            {"question": "这是什么？", "answer": "b", "label": 3.5, "options": ["a"], "ok": false}
            {"question": "What is it?", "answer": null, "label": -2, "options": [], "ok": true}
            """));
        var statistics = await catalog.GetAsync<DatasetStatistics>("datasets/counted/versions/1/statistics");
        var columns = statistics.Columns.ToDictionary(column => column.Name);

        Assert.Equal(3, statistics.Rows);
        Assert.Equal(["question text", "answer text", "label number", "options list", "ok boolean", "more object"], statistics.Columns.Select(column => $"{column.Name} {column.Type}"));
        Assert.Equal((0, 2, 5, 11, 9), (columns["question"].Missing, columns["question"].Distinct, columns["question"].Minimum, columns["question"].Maximum, columns["question"].Mean));
        Assert.Equal(new Dictionary<string, long> { ["en"] = 2, ["zh"] = 1 }, columns["question"].Languages);
        Assert.Equal((1, 2), (columns["answer"].Missing, columns["more"].Missing));
        Assert.Equal((-2, 3.5, 2.5 / 3, 1), (columns["label"].Minimum, columns["label"].Maximum, columns["label"].Mean, columns["label"].Median));
        Assert.Equal((20, 3), (columns["label"].Histogram.Count, columns["label"].Histogram.Sum()));

        await ImportSampleAsync("sample counted", new SampleSource { Documents = 200 });
        var sample = await catalog.GetAsync<DatasetStatistics>("datasets/sample counted/versions/1/statistics");
        Assert.Equal(["kind", "messages", "text", "tools"], sample.Columns.Select(column => column.Name).Order());
        Assert.Equal((0, 11), (sample.Columns.Single(column => column.Name == "kind").Missing, sample.Columns.Single(column => column.Name == "kind").Distinct));
    }

    [Fact]
    public async Task A_version_without_stored_statistics_is_counted_when_asked()
    {
        var result = await catalog.ImportAsync("old", "a.txt", "one row"u8.ToArray());
        var manifest = await catalog.Store.ReadManifestAsync(result.ArtifactId, Cancel);
        var older = await catalog.Store.PutManifestAsync(manifest with { Files = [.. manifest.Files.Where(file => file.Path != "statistics.json")] }, Cancel);
        using var rows = await Datasets.DatasetRows.OpenAsync(catalog.Store, older, Cancel);
        var counted = InternPlatform.Catalog.Statistics.StatisticsBuilder.Of(rows, Cancel);

        Assert.Equal(
            JsonSerializer.Serialize(await catalog.GetAsync<DatasetStatistics>("datasets/old/versions/1/statistics"), PlatformJson.Options),
            JsonSerializer.Serialize(counted, PlatformJson.Options));
        using var missing = await catalog.Client.GetAsync("api/catalog/datasets/old/versions/9/statistics", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task Records_keep_their_fields_through_a_cleaning()
    {
        var source = await catalog.ImportAsync("asked", "a.jsonl", Encoding.UTF8.GetBytes("{\"question\": \"What is  it?\", \"answer\": \"a thing\", \"n\": [1, 2]}\n{\"question\": \"?\", \"answer\": \"\"}\n"));
        var result = await catalog.SucceedAsync<CleanDataset, CleanResult>("clean", new CleanDataset { Name = "asked", DatasetArtifactId = source.ArtifactId });

        Assert.Equal(["""{"record":{"question":"What is  it?","answer":"a thing","n":[1,2]}}"""], await LinesAsync(result.ArtifactId));
    }

    private async Task<string[]> LinesAsync(string artifactId)
    {
        using var reader = new StreamReader(await catalog.Store.OpenFileAsync(artifactId, "rows.jsonl", Cancel));
        return (await reader.ReadToEndAsync(Cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private Task<ImportResult> ImportSampleAsync(string name, SampleSource source) =>
        catalog.SucceedAsync<ImportDataset, ImportResult>("import", new ImportDataset { Name = name, Sample = source });
}
