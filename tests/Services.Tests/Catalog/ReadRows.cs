using System.Text;
using System.Text.Json;
using InternPlatform.Catalog.Import;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

/// <summary>What a file's bytes become, without a service around them.</summary>
internal sealed class ReadRows
{
    public required IReadOnlyList<JsonElement> Rows { get; init; }
    public required IReadOnlyList<RejectedRow> Rejected { get; init; }
    public required long RejectedRows { get; init; }

    public IReadOnlyList<string> Texts => [.. Rows.Select(row => row.GetProperty("text").GetString()!)];

    public static Task<ReadRows> OfAsync(string fileName, string content, string? keep = null) => OfAsync(fileName, Encoding.UTF8.GetBytes(content), keep);

    public static Task<ReadRows> OfAsync(string fileName, byte[] content, string? keep = null) => OfAsync(fileName, new MemoryStream(content), keep);

    public static async Task<ReadRows> OfAsync(string fileName, Stream content, string? keep = null)
    {
        using var folder = new TemporaryFolder();
        using var dataset = new DatasetWriter(Path.Join(folder.Path, "dataset"));
        await using (content)
        {
            await ImportJob.ReadAsync(new ReadAs(ImportFormat.Detect(fileName, content), keep, fileName), content, dataset, _ => { }, TestContext.Current.CancellationToken);
        }

        ImportJob.RefuseNothing(dataset);
        var meta = dataset.Complete();
        var rows = File.ReadLines(Path.Join(folder.Path, "dataset", "rows.jsonl")).Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal(meta.Rows, rows.Count);
        return new ReadRows { Rows = rows, Rejected = dataset.Rejected, RejectedRows = dataset.RejectedRows };
    }
}
