using System.Net;
using InternPlatform.Artifacts;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Models;
using InternPlatform.Tests.Support;
using InternPlatform.Tokenization;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

public sealed class ModelImportTests(CatalogHost catalog) : IClassFixture<CatalogHost>, IDisposable
{
    private readonly TinyModel tiny = new();
    private readonly TemporaryFolder temporary = new();

    [Fact]
    public async Task A_folder_of_safetensors_becomes_a_registered_model()
    {
        var folder = tiny.Write();
        var result = await ImportAsync("tiny", [.. Directory.GetFiles(folder)]);

        Assert.Equal(("safetensors", 160, TinyModel.Tokenizer.VocabularySize), (result.Format, result.ContextLength, result.VocabularySize));
        var page = await catalog.WhenAsync(() => catalog.GetAsync<Page<ModelView>>("models"), models => models.Items.Any(model => model.Name == "tiny"));
        var model = page.Items.Single(model => model.Name == "tiny");
        Assert.Equal((result.ArtifactId, TinyModel.Config.ParameterCount(), 160), (model.ArtifactId, model.Parameters, model.ContextLength));
        Assert.Equal("tiny", Assert.Single((await catalog.GetAsync<LineageView>($"lineage/{result.ArtifactId}")).Nodes).Name);
    }

    [Fact]
    public async Task A_GGUF_file_keeps_its_bytes_and_says_its_size()
    {
        var file = Path.Combine(temporary.Path, "anything-Q8_0.gguf");
        var published = Tokenizer.LoadLlama2c(SharedData.Need("models/stories260K/tok512.bin"));
        using (var source = ModelConverter.Open(SharedData.Need("models/stories260K/stories260K.bin")))
        {
            ModelConverter.WriteGguf(file, source, GgufType.Q80, published);
        }

        var result = await ImportAsync("stories", file);

        Assert.Equal(("gguf", 512, 512), (result.Format, result.ContextLength, result.VocabularySize));
        var manifest = await catalog.Store.ReadManifestAsync(result.ArtifactId, TestContext.Current.CancellationToken);
        Assert.Equal(["config.json", "model.gguf"], manifest.Files.Select(one => one.Path).Order());
        Assert.Equal(new FileInfo(file).Length, manifest.Files.Single(one => one.Path == "model.gguf").Size);
    }

    [Fact]
    public async Task A_llama2c_file_becomes_a_folder_of_safetensors()
    {
        var result = await ImportAsync("llama2c", SharedData.Need("models/stories260K/stories260K.bin"), SharedData.Need("models/stories260K/tok512.bin"));

        Assert.Equal(("llama2.c", 512), (result.Format, result.VocabularySize));
        Assert.Contains("model.safetensors", (await catalog.Store.ReadManifestAsync(result.ArtifactId, TestContext.Current.CancellationToken)).Files.Select(one => one.Path));
    }

    [Fact]
    public async Task What_is_no_model_is_refused_by_file_and_reason()
    {
        var folder = tiny.Write();
        var weights = Path.Combine(folder, "model.safetensors");
        await File.WriteAllTextAsync(weights, "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 5\n", TestContext.Current.CancellationToken);
        await FailsAsync("model.safetensors: ", [.. Directory.GetFiles(folder)]);

        var gguf = Path.Combine(temporary.Path, "broken.gguf");
        await File.WriteAllBytesAsync(gguf, [.. "GGUF"u8, 3, 0, 0, 0, 9], TestContext.Current.CancellationToken);
        await FailsAsync("model.gguf: ", gguf);

        var pickle = Path.Combine(temporary.Path, "pytorch_model.bin");
        await File.WriteAllBytesAsync(pickle, [0x80, 2, (byte)'c', .. "os\nsystem\n"u8], TestContext.Current.CancellationToken);
        await FailsAsync("pytorch_model.bin: ", [pickle, .. Directory.GetFiles(folder, "*.json")]);
    }

    [Fact]
    public async Task Files_that_belong_to_no_model_are_refused_before_anything_is_read()
    {
        var code = await catalog.UploadAsync("modeling.py", "print()"u8.ToArray());
        var (first, second) = (await catalog.UploadAsync("config.json", "{}"u8.ToArray()), await catalog.UploadAsync("config.json", "{}"u8.ToArray()));
        foreach (var (ids, problem) in ((Guid[], string)[])[([], "invalid-spec"), ([code], "invalid-spec"), ([first, second], "invalid-spec"), ([Guid.CreateVersion7()], "upload-not-found")])
        {
            Assert.Equal(problem, (await catalog.RefusalAsync(await catalog.PostJobAsync("import-model", new ImportModel { Name = "a", UploadIds = ids }))).Problem);
        }

        var foreign = await catalog.RefusalAsync(await catalog.PostJobAsync("import-model", new ImportModel { Name = "a", UploadIds = [first] }, CatalogHost.OtherProject));
        Assert.Equal((HttpStatusCode.NotFound, "upload-not-found"), foreign);
    }

    public void Dispose()
    {
        tiny.Dispose();
        temporary.Dispose();
    }

    private async Task<ImportModelResult> ImportAsync(string name, params string[] files) =>
        await catalog.SucceedAsync<ImportModel, ImportModelResult>("import-model", new ImportModel { Name = name, UploadIds = await UploadAsync(files) });

    private async Task FailsAsync(string detail, params string[] files)
    {
        var job = await catalog.RunAsync("import-model", new ImportModel { Name = "broken", UploadIds = await UploadAsync(files) });
        Assert.Equal(JobState.Failed, job.State);
        Assert.EndsWith(":invalid-model", job.Problem!.Type, StringComparison.Ordinal);
        Assert.StartsWith(detail, job.Problem.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(catalog.Data, job.Problem.Detail, StringComparison.Ordinal);
    }

    private async Task<List<Guid>> UploadAsync(string[] files)
    {
        var ids = new List<Guid>();
        foreach (var file in files)
        {
            ids.Add(await catalog.UploadAsync(Path.GetFileName(file), await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)));
        }

        return ids;
    }
}
