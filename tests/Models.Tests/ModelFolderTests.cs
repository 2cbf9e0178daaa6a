using InternPlatform.Tensors;
using InternPlatform.Tokenization;

namespace InternPlatform.Models.Tests;

public sealed class ModelFolderTests : Folder
{
    private string Model => In("model");

    [Theory]
    [InlineData(long.MaxValue, 1)]
    [InlineData(20_000, 3)]
    [InlineData(1, 21)]
    public void A_model_comes_back_whole_from_one_file_or_many(long maxShardBytes, int files)
    {
        Write(TinyModel.Config, maxShardBytes);
        using var folder = ModelFolder.Open(Model);
        Assert.Equal(files, Directory.GetFiles(Model, "*.safetensors").Length);
        Assert.Equal(files > 1, File.Exists(Path.Combine(Model, "model.safetensors.index.json")));
        Assert.Equal(TinyModel.Config.ToJson(), folder.Config.ToJson());
        Assert.Equal(TinyModel.Tokenizer.Encode("the bell, 小明 12"), folder.Tokenizer.Encode("the bell, 小明 12"));
        Assert.Equal("internlm2", folder.ChatTemplateName);
        foreach (var (index, (name, shape)) in WeightNames.All(TinyModel.Config).Index())
        {
            Assert.Equal(TinyModel.Values(index, shape), folder.ReadFloats(name));
            Assert.Equal(DType.F32, folder.Entry(name).DType);
        }
    }

    [Fact]
    public void Tied_weights_are_stored_once()
    {
        var tied = TinyModel.Config with { TieWordEmbeddings = true };
        Write(tied);
        using var folder = ModelFolder.Open(Model);
        Assert.True(folder.Has(WeightNames.Embedding));
        Assert.False(folder.Has(WeightNames.LmHead));
        Assert.Contains(WeightNames.LmHead, Assert.Throws<InvalidModelException>(() => folder.ReadFloats(WeightNames.LmHead)).Reason);
    }

    [Fact]
    public void An_older_model_is_replaced_and_other_files_stay()
    {
        Write(TinyModel.Config, maxShardBytes: 1);
        File.WriteAllText(Path.Combine(Model, "README.md"), "card");
        Write(TinyModel.Config);
        Assert.Single(Directory.GetFiles(Model, "*.safetensors"));
        Assert.True(File.Exists(Path.Combine(Model, "README.md")));
        ModelFolder.Open(Model).Dispose();
    }

    [Fact]
    public void The_folder_says_how_answers_end()
    {
        Write(TinyModel.Config);
        var generation = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(Path.Combine(Model, "generation_config.json")))!;
        Assert.Equal("[2,4]", generation["eos_token_id"]!.ToJsonString());
        Assert.Equal(1, (int)generation["bos_token_id"]!);
    }

    [Fact]
    public void The_writer_refuses_weights_that_do_not_fit()
    {
        var weights = TinyModel.Weights(TinyModel.Config);
        Assert.Throws<ArgumentException>(() => ModelFolderWriter.Write(Model, TinyModel.Config, TinyModel.Tokenizer, weights[1..]));
        Assert.Throws<ArgumentException>(() => ModelFolderWriter.Write(Model, TinyModel.Config, TinyModel.Tokenizer, [.. weights, weights[0]]));
        Assert.Throws<ArgumentException>(() => ModelFolderWriter.Write(Model, TinyModel.Config with { HiddenSize = 18 }, TinyModel.Tokenizer, weights));
        Assert.Throws<ArgumentException>(() => ModelFolderWriter.Write(Model, TinyModel.Config with { VocabularySize = 270 }, TinyModel.Tokenizer, weights));
        Assert.False(Directory.Exists(Model));
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("model.safetensors")]
    public void A_missing_file_is_named(string file)
    {
        Write(TinyModel.Config);
        File.Delete(Path.Combine(Model, file));
        Assert.Contains(file, Refused().Message);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("model.safetensors")]
    public void A_Git_LFS_pointer_is_named_as_one(string file)
    {
        Write(TinyModel.Config);
        File.WriteAllText(Path.Combine(Model, file), "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
        var thrown = Refused();
        Assert.Contains("Git LFS pointer", thrown.Reason);
        Assert.EndsWith(file, thrown.File);
    }

    [Fact]
    public void A_missing_folder_is_named() => Assert.Contains("does not exist", Refused().Reason);

    [Fact]
    public void Pickled_weights_are_refused_and_why()
    {
        Write(TinyModel.Config);
        File.Move(Path.Combine(Model, "model.safetensors"), Path.Combine(Model, "pytorch_model.bin"));
        Assert.Contains("safetensors", Refused().Reason);
        Assert.Contains("any code", Refused().Reason);
    }

    [Fact]
    public void A_weight_of_another_shape_than_the_configuration_says_is_refused()
    {
        Write(TinyModel.Config);
        File.WriteAllBytes(Path.Combine(Model, "config.json"), (TinyModel.Config with { IntermediateSize = 25 }).ToJson());
        Assert.Contains("gate_proj", Refused().Reason);
        File.WriteAllBytes(Path.Combine(Model, "config.json"), (TinyModel.Config with { LayerCount = 3 }).ToJson());
        Assert.Contains("model.layers.2.", Refused().Reason);
    }

    [Fact]
    public void A_tokenizer_with_more_tokens_than_the_model_is_refused()
    {
        Write(TinyModel.Config);
        BpeTrainer.Train(["ab ab cd cd"], new BpeTrainingOptions { SpecialTokens = [.. Enumerable.Range(0, 99).Select(i => $"<{i}>")] }, null, CancellationToken.None).Save(Model);
        Assert.Contains("vocab_size", Refused().Reason);
    }

    [Theory]
    [InlineData("../model/model-00001-of-00021.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("a\\\\b.safetensors")]
    [InlineData("config.json")]
    public void An_index_must_not_point_out_of_its_folder(string target)
    {
        Write(TinyModel.Config, maxShardBytes: 1);
        ReplaceInIndex("\"model-00001-of-00021.safetensors\"", $"\"{target}\"");
        Assert.Contains("not a safetensors file of this folder", Refused().Reason);
    }

    [Theory]
    [InlineData("model-00001-of-00021.safetensors", "model-00002-of-00021.safetensors", "but is not")]
    [InlineData("model-00001-of-00021.safetensors", "model-00099-of-00021.safetensors", "does not exist")]
    [InlineData("weight_map", "weights", "weight_map")]
    [InlineData("\"model-00001-of-00021.safetensors\"", "7", "not a safetensors file")]
    public void An_index_that_does_not_match_its_files_is_refused(string from, string to, string reason)
    {
        Write(TinyModel.Config, maxShardBytes: 1);
        ReplaceInIndex(from, to);
        Assert.Contains(reason, Refused().Reason);
    }

    private void ReplaceInIndex(string from, string to)
    {
        var index = Path.Combine(Model, "model.safetensors.index.json");
        File.WriteAllText(index, File.ReadAllText(index).Replace(from, to, StringComparison.Ordinal));
    }

    private InvalidModelException Refused() => Assert.Throws<InvalidModelException>(() => ModelFolder.Open(Model).Dispose());

    private void Write(ModelConfig config, long maxShardBytes = long.MaxValue) =>
        ModelFolderWriter.Write(Model, config, TinyModel.Tokenizer, TinyModel.Weights(config), maxShardBytes);
}
