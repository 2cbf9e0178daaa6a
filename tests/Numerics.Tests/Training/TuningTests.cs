using InternPlatform.Inference.Engine;
using InternPlatform.Models;
using InternPlatform.Tests.Support;
using InternPlatform.Training;
using Xunit;

namespace InternPlatform.Numerics.Tests.Training;

/// <summary>Tuning over a tiny model folder: what it learns, what it counts, and that no interruption changes a bit.</summary>
[Collection("libtorch")]
public sealed class TuningTests : IDisposable
{
    private static readonly TuneOptions Options = new()
    {
        SequenceLength = 16,
        BatchSize = 2,
        Epochs = 1,
        LoraRank = 3,
        WarmupSteps = 2,
        CheckpointEverySteps = 3,
        Threads = 1,
        Seed = 5,
    };

    private readonly TinyModel tiny = new();
    private readonly TemporaryFolder temporary = new();
    private readonly ModelFolder model;

    public TuningTests() => model = tiny.Open();

    public void Dispose()
    {
        model.Dispose();
        tiny.Dispose();
        temporary.Dispose();
    }

    [Theory]
    [InlineData(TuningMethod.Lora)]
    [InlineData(TuningMethod.Full)]
    public void A_run_paused_or_killed_after_any_step_ends_with_the_same_bits(TuningMethod method)
    {
        var options = Options with { Method = method };
        var undisturbed = Run(options, model, Folder("undisturbed"));
        var log = File.ReadAllBytes(Path.Combine(Folder("undisturbed"), "loss.tsv"));
        Assert.InRange(undisturbed.Steps, 6, 40);
        for (var stop = 1; stop < undisturbed.Steps; stop++)
        {
            foreach (var dies in (bool[])[false, true])
            {
                var folder = Folder($"{(dies ? "died" : "paused")}-{stop}");
                using var pause = new CancellationTokenSource();
                var interrupted = Record.Exception(() => Run(options, model, folder, pause, step =>
                {
                    if (step.Step == stop)
                    {
                        pause.Cancel();
                        if (dies)
                        {
                            throw new TimeoutException("dies here");
                        }
                    }
                }));
                Assert.Equal(dies, interrupted is TimeoutException);
                var resumed = Run(options, model, folder);
                Assert.Equal(undisturbed with { CheckpointFolder = "" }, resumed with { CheckpointFolder = "" });
                Assert.True(log.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder, "loss.tsv"))), $"another loss log after {stop}");
            }
        }
    }

    [Fact]
    public void A_low_rank_checkpoint_holds_the_additions_alone()
    {
        var run = Run(Options, model, Folder("run"));
        using var weights = SafetensorsFile.Open(Path.Combine(run.CheckpointFolder, "model.safetensors"));
        Assert.All(weights.Tensors.Keys, name => Assert.Contains(".lora_", name, StringComparison.Ordinal));
        Assert.Equal(run.TrainableParameters, weights.Tensors.Values.Sum(entry => entry.Shape.Aggregate(1L, (product, size) => product * size)));

        // Two layers of r · (in + out): q and o 32+32, k and v 32+16, gate, up and down 32+64.
        Assert.Equal(2 * 3 * ((2 * 64) + (2 * 48) + (3 * 96)), run.TrainableParameters);
        Assert.Equal(TinyModel.Config.ParameterCount(), run.Parameters);
    }

    [Theory]
    [InlineData(TuningMethod.Lora, 2e-2)]
    [InlineData(TuningMethod.Full, 4e-3)]
    public void A_tuned_model_answers_as_it_was_taught(TuningMethod method, double rate)
    {
        int[][] dialogues = [.. Enumerable.Range(0, 40).Select(i => (int[])[-1, -(20 + (i % 4)), -30, 100 + (i % 4), 120 + (i % 4), 4])];
        var answers = new List<IReadOnlyList<int[]>>();
        var options = Options with { Method = method, Epochs = 40, LearningRate = rate, LoraRank = 4, CheckpointEverySteps = 1000 };
        var observer = new Asking(asked => answers.Add(asked.Continue([[1, 20, 30], [1, 23, 30]], 6, [4])));
        var run = Tuning.Run(options, model, new(dialogues[..36], dialogues[36..]), Folder("run"), observer, CancellationToken.None);

        // The head stays frozen: with its random rows and a normed state of 32 values no rank and no time gets below about 0.22 nats.
        Assert.True(run.ValidationLossAfter < .25 && run.ValidationLossBefore > 3, $"{run.ValidationLossBefore} to {run.ValidationLossAfter}");
        Assert.Equal([[100, 120], [103, 123]], answers[^1]);
        Assert.NotEqual(answers[^1], answers[0]);
    }

    [Fact]
    public void Filler_and_tokens_without_loss_are_not_counted()
    {
        int[][] dialogues = [.. Enumerable.Range(0, 10).Select(_ => (int[])[-1, -20, -30, 100, 101, 4])];
        var steps = new List<TrainingStep>();
        var run = Tuning.Run(
            Options with { SequenceLength = 16, BatchSize = 1, TokenBudget = 50 }, model, new(dialogues, dialogues[..1]), Folder("run"), new TinyRun.Observer(steps.Add), CancellationToken.None);

        // Rows of 16 hold two dialogues of six: 12 tokens and 6 labels a step, until 50 are read.
        Assert.Equal((5, 60, 30), (run.Steps, run.Tokens, run.ScoredTokens));
        Assert.Equal([12, 24, 36, 48, 60], steps.Select(step => step.Tokens));
        Assert.Equal(0, steps[^1].LearningRate);
    }

    [Fact]
    public void Another_base_model_other_data_or_another_rank_are_refused_at_resume()
    {
        Run(Options, model, Folder("run"));
        using var other = tiny.Open((_, values) => values[0] += 1);
        Assert.Throws<TrainingException>(() => Run(Options, other, Folder("run")));
        Assert.Throws<TrainingException>(() => Run(Options with { LoraRank = 2 }, model, Folder("run")));
        Assert.Throws<TrainingException>(() => Tuning.Run(Options, model, new([[-1, 5, 6]], []), Folder("run"), new TinyRun.Observer(null), CancellationToken.None));
    }

    [Fact]
    public void What_cannot_be_tuned_is_refused_by_name()
    {
        Refused(Options with { LoraRank = 33 }, "LoraRank");
        Refused(Options with { SequenceLength = 161 }, "160 positions");
        Refused(Options with { LearningRate = 0 }, "LearningRate");
        var refusal = Assert.Throws<TrainingException>(() => Tuning.Run(Options, model, new([[-1, 400]], []), Folder("ids"), new TinyRun.Observer(null), CancellationToken.None));
        Assert.Contains("outside the vocabulary of 330", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_engine_answers_as_the_training_does()
    {
        int[][] dialogues = [.. Enumerable.Range(0, 40).Select(i => (int[])[-1, -(20 + (i % 4)), -30, 100 + (i % 4), 120 + (i % 4), 4])];
        IReadOnlyList<int[]> answers = [];
        var run = Tuning.Run(
            Options with { Epochs = 20, LearningRate = 1e-2, Compute = ComputeType.F32 }, model, new(dialogues, dialogues[..2]), Folder("run"),
            new Asking(asked => answers = asked.Continue([[1, 21, 30]], 8, [4])), CancellationToken.None);
        TuningExport.WriteModel(Folder("model"), model, run.CheckpointFolder, TinyModel.Tokenizer, [4]);
        using var merged = ModelFolder.Open(Folder("model"));
        await using var engine = InferenceEngine.Start(merged, new(), TimeProvider.System);
        var request = new GenerationRequest
        {
            Prompt = [1, 21, 30],
            CacheSalt = "",
            MaxNewTokens = 8,
            Sampling = new SamplingOptions { Temperature = 0 },
            StopTokens = new HashSet<int> { 4 },
        };
        var tokens = await engine.Submit(request).Tokens.ReadAllAsync(TestContext.Current.CancellationToken).Where(token => !token.IsStop).Select(token => token.Token)
            .ToArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal(answers[0], tokens);
    }

    private void Refused(TuneOptions options, string reason)
    {
        var refusal = Assert.Throws<TrainingException>(() => Run(options, model, Folder("refused")));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    internal static TuneResult Run(TuneOptions options, ModelFolder model, string folder, CancellationTokenSource? pause = null, Action<TrainingStep>? onStep = null)
    {
        var random = new Random(3);
        int[][] dialogues = [.. Enumerable.Range(0, 30).Select(_ => Enumerable.Range(0, 4 + random.Next(12)).Select(t => (t % 5 < 2 ? -1 : 1) * (1 + random.Next(300))).ToArray())];
        return Tuning.Run(options, model, new(dialogues[..26], dialogues[26..]), folder, new TinyRun.Observer(onStep), pause?.Token ?? CancellationToken.None);
    }

    private string Folder(string name) => Path.Combine(temporary.Path, name);

    private sealed class Asking(Action<ModelInTraining> ask) : ITrainingObserver
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

        public void Sample(long step, ModelInTraining model) => ask(model);
    }
}
