using System.Text;
using InternPlatform.Artifacts;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Catalog;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

public sealed class RegistryTests(CatalogHost catalog) : IClassFixture<CatalogHost>
{
    private const string Config = """
        {"architectures":["LlamaForCausalLM"],"model_type":"llama","vocab_size":512,"hidden_size":32,"intermediate_size":64,"num_hidden_layers":2,"num_attention_heads":4,
         "num_key_value_heads":2,"max_position_embeddings":128,"rms_norm_eps":1e-5,"rope_theta":10000.0,"tie_word_embeddings":false,"bos_token_id":1,"eos_token_id":2}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_model_delivered_many_times_is_registered_once_with_what_its_files_say()
    {
        var produced = await ProducedAsync("tiny", Config);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => catalog.PublishAsync(produced)));

        var model = await catalog.WhenAsync(() => ModelsAsync("tiny"), page => page.Items.Count > 0);
        await catalog.PublishAsync(produced);
        await catalog.PublishAsync(await ProducedAsync("behind", Config));
        await catalog.WhenAsync(() => ModelsAsync("behind"), page => page.Items.Count > 0);
        await Task.Delay(1_500, Cancel);    // redeliveries of those that met in the index

        var only = Assert.Single((await ModelsAsync("tiny")).Items);
        Assert.Equal(model.Items[0].Id, only.Id);
        Assert.Equal((1, produced.ArtifactId, 128), (only.Version, only.ArtifactId, only.ContextLength));
        Assert.True(only.Parameters > 30_000);
        Assert.Equal(2.5, only.Figures["validationPerplexity"]);
        Assert.Equal(Encoding.UTF8.GetByteCount(Config) + 3, only.Bytes);
        Assert.Equal($"/models/{only.Id}", Assert.Single((await catalog.WhenAsync(() => catalog.GetAsync<Page<ObjectView>>("objects?kind=model&q=tiny"), page => page.Items.Count > 0)).Items).Path);
    }

    [Fact]
    public async Task The_next_model_of_a_name_is_its_next_version()
    {
        await catalog.PublishAsync(await ProducedAsync("grows", Config));
        await catalog.WhenAsync(() => ModelsAsync("grows"), page => page.Items.Count == 1);
        await catalog.PublishAsync(await ProducedAsync("grows", Config));
        await catalog.WhenAsync(() => ModelsAsync("grows"), page => page.Items.Count == 2);

        Assert.Equal(2, (await catalog.GetAsync<ModelView>("models/grows")).Version);
        Assert.Equal(1, (await catalog.GetAsync<ModelView>("models/grows?version=1")).Version);
    }

    [Fact]
    public async Task A_model_of_an_unknown_family_is_registered_without_its_size()
    {
        await catalog.PublishAsync(await ProducedAsync("strange", "{\"model_type\": \"unheard-of\"}"));
        var model = await catalog.WhenAsync(() => ModelsAsync("strange"), page => page.Items.Count > 0);

        Assert.Null(model.Items[0].Parameters);
    }

    [Fact]
    public async Task Lineage_tells_what_a_thing_came_from_and_what_came_of_it()
    {
        var (data, tokenizer, shards) = (NewId(), NewId(), NewId());
        var model = await ProducedAsync("lineage", Config) with { Inputs = [shards, tokenizer] };
        await catalog.PublishAsync(model);    // before its inputs are known
        await catalog.PublishAsync(Produced(shards, "shards", tokenizer, data));
        await catalog.PublishAsync(Produced(tokenizer, "tokenizer", data));
        await catalog.PublishAsync(Produced(data, "dataset"));
        await catalog.PublishAsync(Produced(NewId(), "dataset"));

        var lineage = await catalog.WhenAsync(async () => await TryLineageAsync(tokenizer), found => found?.Nodes.Count == 4);
        Assert.Equal(5, lineage!.Edges.Count);
        Assert.Equal(new[] { data, tokenizer, shards, model.ArtifactId }.Order(), lineage.Nodes.Select(node => node.ArtifactId).Order());
        Assert.StartsWith("/models/", lineage.Nodes.Single(node => node.Kind == "model").Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_highest_version_of_an_object_wins_whatever_the_order_and_a_deleted_one_stays_deleted()
    {
        var id = Guid.CreateVersion7();
        int[] order = [3, 1, 5, 5, 2, 4];
        await Task.WhenAll(order.Select(version => catalog.PublishAsync(Changed(id, version))));
        await catalog.WhenAsync(() => ObjectsAsync(), page => page.Items.SingleOrDefault(item => item.Id == id)?.State == "state-5");

        await catalog.PublishAsync(Changed(id, 6) with { Deleted = true });
        await catalog.WhenAsync(() => ObjectsAsync(), page => page.Items.All(item => item.Id != id));
        await catalog.PublishAsync(Changed(id, 4));
        var marker = Guid.CreateVersion7();
        await catalog.PublishAsync(Changed(marker, 1));
        await catalog.WhenAsync(() => ObjectsAsync(), page => page.Items.Any(item => item.Id == marker));
        await Task.Delay(300, Cancel);
        Assert.DoesNotContain((await ObjectsAsync()).Items, item => item.Id == id);
    }

    [Theory]
    [InlineData("evaluation", "/eval/{0}")]
    [InlineData("agent", "/agents/{0}")]
    [InlineData("adapter", "/runs/elsewhere/{0}")]
    public async Task A_node_of_the_lineage_leads_to_the_page_of_its_kind(string kind, string path)
    {
        var (source, produced) = (NewId(), Produced(NewId(), kind));
        await catalog.PublishAsync(Produced(source, "shards"));
        await catalog.PublishAsync(produced with { Inputs = [source] });
        var lineage = await catalog.WhenAsync(() => TryLineageAsync(source), found => found?.Nodes.Count == 2);

        Assert.Equal(string.Format(System.Globalization.CultureInfo.InvariantCulture, path, produced.JobId), lineage!.Nodes.Single(node => node.Kind == kind).Path);
        Assert.DoesNotContain((await ModelsAsync(kind)).Items, model => model.ArtifactId == produced.ArtifactId);
    }

    [Fact]
    public async Task Objects_are_listed_in_pages()
    {
        var ids = Enumerable.Range(0, 5).Select(_ => Guid.CreateVersion7()).ToList();
        foreach (var id in ids)
        {
            await catalog.PublishAsync(Changed(id, 1) with { Kind = "paged" });
        }

        await catalog.WhenAsync(() => catalog.GetAsync<Page<ObjectView>>("objects?kind=paged"), page => page.Items.Count == 5);
        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await catalog.GetAsync<Page<ObjectView>>($"objects?kind=paged&limit=2{(cursor is null ? "" : $"&cursor={cursor}")}");
            seen.AddRange(page.Items.Select(item => item.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(ids.Order(), seen.Order());
    }

    private static string NewId() => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Guid.NewGuid().ToByteArray()));

    private static ObjectChanged Changed(Guid id, long version) => new()
    {
        Service = "elsewhere",
        Kind = "thing",
        ObjectId = id,
        ProjectId = CatalogHost.Project,
        Name = "A thing",
        State = $"state-{version}",
        Path = $"/things/{id}",
        Version = version,
    };

    private static ArtifactProduced Produced(string artifactId, string kind, params string[] inputs) => new()
    {
        ArtifactId = artifactId,
        Kind = kind,
        Name = kind,
        Service = "elsewhere",
        JobId = Guid.CreateVersion7(),
        ProjectId = CatalogHost.Project,
        Inputs = inputs,
    };

    private Task<Page<ObjectView>> ObjectsAsync() => catalog.GetAsync<Page<ObjectView>>("objects?kind=thing&limit=200");

    private Task<Page<ModelView>> ModelsAsync(string name) => catalog.GetAsync<Page<ModelView>>($"models?q={name}");

    private async Task<LineageView?> TryLineageAsync(string artifactId)
    {
        using var response = await catalog.Client.GetAsync($"api/catalog/lineage/{artifactId}", Cancel);
        return response.IsSuccessStatusCode ? await catalog.GetAsync<LineageView>($"lineage/{artifactId}") : null;
    }

    private async Task<ArtifactProduced> ProducedAsync(string name, string config)
    {
        var folder = Directory.CreateTempSubdirectory("intern-test-");
        await File.WriteAllTextAsync(Path.Join(folder.FullName, "config.json"), config, Cancel);
        await File.WriteAllBytesAsync(Path.Join(folder.FullName, "model.safetensors"), [1, 2, 3], Cancel);
        var artifactId = await catalog.Store.PutFolderAsync("model", folder.FullName, new Dictionary<string, string> { ["name"] = name, ["made"] = NewId() }, Cancel);
        folder.Delete(recursive: true);
        return Produced(artifactId, "model") with { Name = name, Figures = new Dictionary<string, double> { ["validationPerplexity"] = 2.5 } };
    }
}
