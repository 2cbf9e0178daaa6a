using System.Net;
using System.Text;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

public sealed class ImportJobTests(CatalogHost catalog) : IClassFixture<CatalogHost>
{
    [Fact]
    public async Task A_book_becomes_a_data_set_with_rows_lineage_and_an_entry_in_the_index()
    {
        var content = await File.ReadAllBytesAsync(SharedData.Need("corpora/tinyshakespeare.txt"), TestContext.Current.CancellationToken);
        var result = await catalog.ImportAsync("shakespeare", "tinyshakespeare.txt", content);

        var dataset = await catalog.GetAsync<DatasetView>("datasets/shakespeare");
        Assert.Equal(result.DatasetId, dataset.Id);
        var version = Assert.Single(dataset.Versions);
        Assert.Equal((1, result.ArtifactId, result.Rows, "tinyshakespeare.txt"), (version.Version, version.ArtifactId, version.Rows, version.Source));
        Assert.Equal("dataset", (await catalog.Store.ReadManifestAsync(result.ArtifactId, TestContext.Current.CancellationToken)).Kind);
        Assert.StartsWith("First Citizen:", (await catalog.RowsAsync("shakespeare")).Rows[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("shakespeare", Assert.Single((await catalog.GetAsync<LineageView>($"lineage/{result.ArtifactId}")).Nodes).Name);
        var found = await catalog.WhenAsync(() => catalog.GetAsync<Page<ObjectView>>("objects?kind=dataset&q=SHAKE"), page => page.Items.Count > 0);
        Assert.Equal($"/data/{dataset.Id}", Assert.Single(found.Items).Path);
        await catalog.WhenAsync(() => catalog.GetAsync<Page<ObjectView>>("objects?kind=job&state=succeeded"), page => page.Items.Any(item => item.Path == $"/runs/catalog/{version.JobId}"));
    }

    [Fact]
    public async Task Importing_under_a_name_again_makes_the_next_version()
    {
        var first = await catalog.ImportAsync("twice", "a.txt", "one"u8.ToArray());
        var second = await catalog.ImportAsync("twice", "b.txt", "two"u8.ToArray());

        Assert.Equal((first.DatasetId, 2), (second.DatasetId, second.Version));
        Assert.Equal([2, 1], (await catalog.GetAsync<DatasetView>("datasets/twice")).Versions.Select(version => version.Version));
        Assert.Equal("two", (await catalog.RowsAsync("twice", version: 2)).Rows[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task The_sample_is_made_from_its_seed_and_says_the_kinds_of_its_rows()
    {
        var first = await catalog.SucceedAsync<ImportDataset, ImportResult>("import", new ImportDataset { Name = "sample", Sample = new SampleSource { Seed = 3, Documents = 500 } });
        var again = await catalog.SucceedAsync<ImportDataset, ImportResult>("import", new ImportDataset { Name = "sample", Sample = new SampleSource { Seed = 3, Documents = 500 } });

        Assert.Equal(500, first.Rows);
        Assert.Equal(first.ArtifactId, again.ArtifactId);
        var version = (await catalog.GetAsync<DatasetView>("datasets/sample")).Versions[^1];
        Assert.Equal("sample", version.Source);
        Assert.Equal(500, version.RowKinds.Values.Sum());
        Assert.True(version.RowKinds.Count > 5);
    }

    [Fact]
    public async Task Rejected_rows_are_told_with_the_version()
    {
        var result = await catalog.ImportAsync("broken", "a.jsonl", "{\"text\": \"good\"}\n{oh\n"u8.ToArray());

        Assert.Equal((1, 1), (result.Rows, result.RejectedRows));
        Assert.Equal(2, Assert.Single(result.Rejected).Line);
        Assert.Equal(2, Assert.Single((await catalog.GetAsync<DatasetView>("datasets/broken")).Versions[0].Rejected).Line);
    }

    [Theory]
    [InlineData("a.txt", "\u0000\u0000", null, null)]
    [InlineData("a.txt", "", null, "empty-file")]
    [InlineData("a.jsonl", "{oh\n", null, "no-usable-row")]
    [InlineData("a.json", "[1,", null, "invalid-json")]
    [InlineData("a.bin", "PAR1....", null, "invalid-parquet")]
    [InlineData("a.txt", "{\"text\": \"x\"}", "jsonl", null)]
    public async Task A_bad_file_fails_its_job_with_a_clear_problem_and_leaves_no_data_set(string fileName, string content, string? format, string? problem)
    {
        var name = $"bad {fileName} {problem} {format}".Trim();
        var upload = await catalog.UploadAsync(fileName, Encoding.UTF8.GetBytes(content));
        var job = await catalog.RunAsync("import", new ImportDataset { Name = name, UploadId = upload, Format = format });

        Assert.Equal(problem is null ? JobState.Succeeded : JobState.Failed, job.State);
        Assert.Equal(problem is null ? null : $"urn:intern-platform:catalog:{problem}", job.Problem?.Type);
        using var dataset = await catalog.Client.GetAsync($"api/catalog/datasets/{Uri.EscapeDataString(name)}", TestContext.Current.CancellationToken);
        Assert.Equal(problem is null ? HttpStatusCode.OK : HttpStatusCode.NotFound, dataset.StatusCode);
    }

    [Fact]
    public async Task What_cannot_be_imported_is_refused_before_it_is_queued()
    {
        var upload = await catalog.UploadAsync("a.txt", "text"u8.ToArray());
        var sample = new SampleSource();
        (ImportDataset Spec, string Problem)[] refused =
        [
            (new ImportDataset { Name = " ", UploadId = upload }, "invalid-name"),
            (new ImportDataset { Name = Guid.NewGuid().ToString(), UploadId = upload }, "invalid-name"),
            (new ImportDataset { Name = new string('x', 121), UploadId = upload }, "invalid-name"),
            (new ImportDataset { Name = "a/b", UploadId = upload }, "invalid-name"),
            (new ImportDataset { Name = "a" }, "source-missing"),
            (new ImportDataset { Name = "a", UploadId = upload, Sample = sample }, "source-missing"),
            (new ImportDataset { Name = "a", UploadId = Guid.NewGuid() }, "upload-not-found"),
            (new ImportDataset { Name = "a", UploadId = upload, Format = "docx" }, "unknown-format"),
            (new ImportDataset { Name = "a", Sample = sample with { Documents = 0 } }, "invalid-spec"),
        ];

        foreach (var (spec, problem) in refused)
        {
            Assert.Equal(problem, (await catalog.RefusalAsync(await catalog.PostJobAsync("import", spec))).Problem);
        }

        Assert.Equal("upload-not-found", (await catalog.RefusalAsync(await catalog.PostJobAsync("import", new ImportDataset { Name = "a", UploadId = upload }, CatalogHost.OtherProject))).Problem);
    }

    [Fact]
    public async Task A_caller_cannot_name_a_blob_instead_of_an_upload()
    {
        var secret = await catalog.UploadAsync("secret.txt", "secret"u8.ToArray());
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("secret"u8));
        Assert.NotEqual(Guid.Empty, secret);
        var job = await catalog.RunAsync("import", new { name = "thief", sample = new { seed = 1, documents = 3 }, upload = new { digest, fileName = "a.txt" } });

        Assert.Equal(3, job.Result!.Value.Deserialize<ImportResult>(PlatformJson.Options)!.Rows);
    }
}
