using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using InternPlatform.Artifacts;
using InternPlatform.Catalog;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

public sealed class DatasetTests(CatalogHost catalog) : IClassFixture<CatalogHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_can_be_looked_at_from_any_place()
    {
        var lines = Enumerable.Range(0, 1_500).Select(i => $"{{\"text\": \"row {i} 行\"}}\n");
        await catalog.ImportAsync("rows", "a.jsonl", Encoding.UTF8.GetBytes(string.Concat(lines)));

        foreach (var (offset, limit, count) in ((int, int, int)[])[(0, 20, 20), (255, 3, 3), (256, 1, 1), (1_000, 500, 500), (1_499, 20, 1), (1_500, 20, 0), (9_999, 5, 0)])
        {
            var page = await catalog.RowsAsync("rows", offset, limit);
            Assert.Equal(1_500, page.Total);
            Assert.Equal(Enumerable.Range(offset, count).Select(i => $"row {i} 行"), page.Rows.Select(row => row.GetProperty("text").GetString()));
        }
    }

    [Fact]
    public async Task Damaged_rows_are_never_shown()
    {
        var result = await catalog.ImportAsync("damaged", "a.txt", "It will be damaged."u8.ToArray());
        var manifest = await catalog.Store.ReadManifestAsync(result.ArtifactId, Cancel);
        var blob = await catalog.Store.LocalPathAsync(manifest.Files.Single(file => file.Path == "rows.jsonl").Digest, Cancel);
        File.SetAttributes(blob, FileAttributes.Normal);
        await using (var file = new FileStream(blob, FileMode.Open, FileAccess.Write))
        {
            file.Position = 12;
            file.WriteByte((byte)'X');
        }

        Assert.Equal((HttpStatusCode.InternalServerError, "rows-damaged"), await catalog.RefusalAsync(await catalog.Client.GetAsync("api/catalog/datasets/damaged/versions/1/rows", Cancel)));
    }

    [Fact]
    public async Task A_card_is_edited_by_whoever_saw_its_newest_state()
    {
        await catalog.ImportAsync("card", "a.txt", "text"u8.ToArray());
        using var read = await catalog.Client.GetAsync("api/catalog/datasets/card", Cancel);
        var tag = read.Headers.ETag!;

        using var first = await PutCardAsync(tag, "# Mine");
        Assert.Equal("# Mine", (await first.Content.ReadFromJsonAsync<DatasetView>(PlatformJson.Options, Cancel))!.Card);
        Assert.NotEqual(tag, first.Headers.ETag);
        Assert.Equal((HttpStatusCode.PreconditionFailed, "card-changed"), await catalog.RefusalAsync(await PutCardAsync(tag, "# Theirs")));
        Assert.Equal((HttpStatusCode.PreconditionRequired, "if-match-missing"), await catalog.RefusalAsync(await PutCardAsync(null, "# Theirs")));
        using var second = await PutCardAsync(first.Headers.ETag, "# Mine again");
        second.EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task Data_sets_are_listed_in_pages_newest_first_and_found_by_name_or_card()
    {
        foreach (var name in (string[])["page-a", "page-b", "page-c"])
        {
            await catalog.ImportAsync(name, "a.txt", Encoding.UTF8.GetBytes(name));
        }

        var first = await catalog.GetAsync<Page<DatasetView>>("datasets?q=PAGE-&limit=2");
        var second = await catalog.GetAsync<Page<DatasetView>>($"datasets?q=PAGE-&limit=2&cursor={first.NextCursor}");

        Assert.Equal(["page-c", "page-b", "page-a"], first.Items.Concat(second.Items).Select(dataset => dataset.Name));
        Assert.Null(second.NextCursor);
        Assert.Equal("invalid-page", (await catalog.RefusalAsync(await catalog.Client.GetAsync("api/catalog/datasets?cursor=x", Cancel))).Problem);
    }

    [Fact]
    public async Task Another_projects_data_set_is_as_if_it_were_not_there()
    {
        var result = await catalog.ImportAsync("mine", "a.txt", "text"u8.ToArray());
        var stranger = catalog.ClientOf(CatalogHost.OtherProject);
        foreach (var path in (string[])["datasets/mine", $"datasets/{result.DatasetId}", "datasets/mine/versions", "datasets/mine/versions/1", "datasets/mine/versions/1/rows", $"lineage/{result.ArtifactId}"])
        {
            using var response = await stranger.GetAsync($"api/catalog/{path}", Cancel);
            Assert.True(response.StatusCode == HttpStatusCode.NotFound, path);
        }

        Assert.Empty((await catalog.GetAsync<Page<DatasetView>>("datasets", CatalogHost.OtherProject)).Items);
        Assert.Equal("artifact-not-found", (await catalog.RefusalAsync(await catalog.PostJobAsync(
            "tokenizer", new TrainTokenizer { Name = "thief", DatasetArtifactIds = [result.ArtifactId] }, CatalogHost.OtherProject))).Problem);
    }

    [Fact]
    public async Task A_reader_cannot_write()
    {
        using var response = await catalog.ClientOf(CatalogHost.Project, Scopes.Read).PostAsJsonAsync("api/catalog/uploads", new StartUpload { FileName = "a", SizeBytes = 1 }, PlatformJson.Options, Cancel);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public void Migrations_do_not_lag_behind_the_model()
    {
        using var sqlite = ServiceDatabase.ForDesign<CatalogSqliteDb>();
        using var postgres = ServiceDatabase.ForDesign<CatalogPostgresDb>();

        Assert.False(sqlite.Database.HasPendingModelChanges());
        Assert.False(postgres.Database.HasPendingModelChanges());
    }

    private async Task<HttpResponseMessage> PutCardAsync(EntityTagHeaderValue? tag, string card)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "api/catalog/datasets/card/card") { Content = JsonContent.Create(new DatasetCard { Card = card, License = "MIT" }, options: PlatformJson.Options) };
        if (tag is not null)
        {
            request.Headers.IfMatch.Add(tag);
        }

        return await catalog.Client.SendAsync(request, Cancel);
    }
}
