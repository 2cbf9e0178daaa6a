using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Contracts.Catalog;
using InternPlatform.ServiceDefaults;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

public sealed class UploadTests(CatalogHost catalog) : IClassFixture<CatalogHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upload_comes_in_pieces_and_tells_where_to_go_on()
    {
        var upload = await StartAsync("book.txt", 10);
        using (var first = await catalog.PatchAsync(upload.Id, 0, [1, 2, 3, 4]))
        {
            Assert.Equal("4", first.Headers.GetValues("Upload-Offset").Single());
        }

        using (var wrong = await catalog.PatchAsync(upload.Id, 2, [9]))
        {
            Assert.Equal(HttpStatusCode.Conflict, wrong.StatusCode);
            Assert.Equal(4, (await wrong.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("offset").GetInt64());
        }

        Assert.Equal((HttpStatusCode.Conflict, "upload-incomplete"), await catalog.RefusalAsync(await CompleteAsync(upload.Id)));
        using (var second = await catalog.PatchAsync(upload.Id, 4, [5, 6, 7, 8, 9, 10]))
        {
            second.EnsureSuccessStatusCode();
        }

        using var head = await catalog.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"api/catalog/uploads/{upload.Id}"), Cancel);
        Assert.Equal("10", head.Headers.GetValues("Upload-Offset").Single());
        Assert.Equal("10", head.Headers.GetValues("Upload-Length").Single());
        foreach (var _ in (int[])[1, 2])
        {
            using var complete = await CompleteAsync(upload.Id);
            Assert.True((await complete.Content.ReadFromJsonAsync<UploadView>(PlatformJson.Options, Cancel))!.Complete);
        }
    }

    [Fact]
    public async Task More_than_was_announced_is_refused_and_not_kept()
    {
        var upload = await StartAsync("book.txt", 3);

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "upload-longer-than-announced"), await catalog.RefusalAsync(await catalog.PatchAsync(upload.Id, 0, [1, 2, 3, 4])));
        Assert.Equal(0, (await catalog.GetAsync<UploadView>($"uploads/{upload.Id}")).Offset);
    }

    [Fact]
    public async Task A_piece_without_its_offset_is_refused()
    {
        var upload = await StartAsync("book.txt", 3);

        Assert.Equal((HttpStatusCode.BadRequest, "upload-offset-missing"), await catalog.RefusalAsync(await catalog.PatchAsync(upload.Id, null, [1])));
    }

    [Fact]
    public async Task A_file_larger_than_the_disk_is_refused_before_a_byte_is_sent()
    {
        using var response = await catalog.Client.PostAsJsonAsync("api/catalog/uploads", new StartUpload { FileName = "a", SizeBytes = 1L << 58 }, PlatformJson.Options, Cancel);

        Assert.Equal((HttpStatusCode.InsufficientStorage, "disk-full"), await catalog.RefusalAsync(response));
    }

    [Theory]
    [InlineData("", 1, "invalid-upload")]
    [InlineData("a\nb", 1, "invalid-upload")]
    [InlineData("a", -1, "invalid-upload")]
    [InlineData("a", CatalogHost.LongestUpload + 1, "upload-too-large")]
    public async Task A_file_that_cannot_be_is_refused(string name, long size, string problem)
    {
        using var response = await catalog.Client.PostAsJsonAsync("api/catalog/uploads", new StartUpload { FileName = name, SizeBytes = size }, PlatformJson.Options, Cancel);

        Assert.Equal(problem, (await catalog.RefusalAsync(response)).Problem);
    }

    [Fact]
    public async Task Only_the_name_of_a_path_is_kept()
    {
        Assert.Equal("passwd", (await StartAsync("../../etc/passwd", 1)).FileName);
        Assert.Equal("book.txt", (await StartAsync(@"C:\Users\me\book.txt", 1)).FileName);
    }

    [Fact]
    public async Task Another_projects_upload_is_as_if_it_were_not_there()
    {
        var upload = await StartAsync("book.txt", 3);
        using var foreign = await catalog.ClientOf(CatalogHost.OtherProject).GetAsync($"api/catalog/uploads/{upload.Id}", Cancel);
        using var missing = await catalog.ClientOf(CatalogHost.OtherProject).GetAsync($"api/catalog/uploads/{Guid.NewGuid()}", Cancel);

        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        Assert.Equal(await Body(missing), await Body(foreign));

        static async Task<string> Body(HttpResponseMessage response)
        {
            var body = await response.Content.ReadFromJsonAsync<Dictionary<string, JsonElement>>(Cancel);
            body!.Remove("traceId");
            return JsonSerializer.Serialize(body);
        }
    }

    private async Task<UploadView> StartAsync(string name, long size)
    {
        using var response = await catalog.Client.PostAsJsonAsync("api/catalog/uploads", new StartUpload { FileName = name, SizeBytes = size }, PlatformJson.Options, Cancel);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<UploadView>(PlatformJson.Options, Cancel))!;
    }

    private Task<HttpResponseMessage> CompleteAsync(Guid id) => catalog.Client.PostAsync($"api/catalog/uploads/{id}/complete", null, Cancel);
}
