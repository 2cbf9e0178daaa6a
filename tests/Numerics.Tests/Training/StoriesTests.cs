using InternPlatform.Models;
using InternPlatform.Tensors;
using InternPlatform.Tests.Support;
using InternPlatform.Tokenization;
using InternPlatform.Training;
using Xunit;

namespace InternPlatform.Numerics.Tests.Training;

/// <summary>The published text once more, by the executor that trains: TorchSharp's.</summary>
[Collection("libtorch")]
public sealed class StoriesTests : IDisposable
{
    private readonly TemporaryFolder temporary = new();

    [Fact]
    public void A_published_model_says_in_training_what_its_author_printed()
    {
        var tokenizer = Tokenizer.LoadLlama2c(SharedData.Need("models/stories260K/tok512.bin"));
        var folder = Path.Combine(temporary.Path, "model");
        using (var published = ModelConverter.Open(SharedData.Need("models/stories260K/stories260K.bin")))
        {
            ModelConverter.WriteFolder(folder, published, tokenizer, DType.F32);
        }

        using var model = ModelFolder.Open(folder);
        IReadOnlyList<int[]> said = [];
        var options = new TuneOptions { SequenceLength = 512, BatchSize = 1, Epochs = 1, LoraRank = 2, Threads = 1, Compute = ComputeType.F32, Seed = 1 };
        // What it says before its first step: LoRA begins with nothing added.
        Tuning.Run(
            options, model, new([[-1, 5, 6]], []), Path.Combine(temporary.Path, "run"),
            new Before(asked => said = asked.Continue([[1]], 256, [])), CancellationToken.None);

        var page = File.ReadAllText(SharedData.Need("models/stories260K/stories260K.md"));
        var begin = page.IndexOf("Once upon", StringComparison.Ordinal);
        Assert.Equal(page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)].Trim(), tokenizer.Decode(said[0], skipSpecialTokens: true).Trim());
    }

    public void Dispose() => temporary.Dispose();

    private sealed class Before(Action<ModelInTraining> ask) : ITrainingObserver
    {
        public void Step(TrainingStep step)
        {
        }

        public void Validation(long step, double loss)
        {
        }

        public void Checkpoint(long step, string folder)
        {
        }

        public void Sample(long step, ModelInTraining model)
        {
            if (step == 0)
            {
                ask(model);
            }
        }
    }
}
