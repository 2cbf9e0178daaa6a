using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using InternPlatform.Training.Checkpoints;
using InternPlatform.Training.Data;
using InternPlatform.Training.Optimization;
using TorchSharp;

namespace InternPlatform.Training.Loop;

/// <summary>The loop: batch, step, log; validation and checkpoints at their intervals.</summary>
internal sealed class PretrainingRun : IDisposable
{
    private const int CheckpointsKept = 2;
    private const int MostSkippedInARow = 20;
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    private readonly PretrainOptions options;
    private readonly Corpus corpus;
    private readonly ITrainingObserver observer;
    private readonly CheckpointStore store;
    private readonly Trainer trainer;
    private readonly LossLog log;
    private readonly RowMixer mixer;
    private readonly Batch[] batches;
    private long step;
    private int skippedInARow;
    private string folder = "";

    private PretrainingRun(PretrainOptions options, Corpus corpus, string root, ITrainingObserver observer, DurableFiles files, RunState? state)
    {
        (this.options, this.corpus, this.observer) = (options, corpus, observer);
        store = new(root, files, CheckpointsKept);
        trainer = new(options, options.Compute == ComputeType.BF16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32);
        log = new(root, state?.LossLogBytes ?? 0, files);
        mixer = corpus.Mixer(options);
        batches = [.. Enumerable.Range(0, options.GradientAccumulationSteps).Select(_ => new Batch(options.BatchSize, options.SequenceLength))];
    }

    public static PretrainingRun Open(
        PretrainOptions given, IReadOnlyList<string> trainShards, IReadOnlyList<string> validShards, string root,
        ITrainingObserver observer, DurableFiles files)
    {
        var newest = new CheckpointStore(root, files, CheckpointsKept).Newest();
        var state = newest is null ? null : ReadState(newest);
        var options = Resolve(given, state?.Options);
        var corpus = Corpus.Load(options, trainShards, validShards);
        if (state is not null && state.DataHash != corpus.Hash)
        {
            throw new TrainingException($"The checkpoint {newest} was trained on other tokens than the given shards: use its shards, or another checkpoint folder.");
        }

        var run = new PretrainingRun(options, corpus, root, observer, files, state);
        if (state is not null)
        {
            run.Restore(newest!, state);
        }

        return run;
    }

    public PretrainResult Train(CancellationToken pause)
    {
        observer.Started(step, options.TotalSteps, trainer.Decoder.Parameters.All.Sum(group => group.Master.numel()), options.Compute.ToString(), options.Threads);
        while (step < options.TotalSteps && !pause.IsCancellationRequested)
        {
            Step();
            if (step % options.CheckpointEverySteps == 0 && step < options.TotalSteps)
            {
                Save();
            }

            if (options.ValidateEverySteps > 0 && step % options.ValidateEverySteps == 0 && step < options.TotalSteps && corpus.Valid is not null)
            {
                observer.Validation(step, Validate(options.ValidationRows));
            }
        }

        Save();
        return step < options.TotalSteps ? Result(completed: false, double.NaN) : Finish();
    }

    public void Dispose()
    {
        log.Dispose();
        trainer.Dispose();
    }

    private static RunState ReadState(string newest)
    {
        CheckpointStore.Verify(newest);
        return JsonSerializer.Deserialize<RunState>(File.ReadAllBytes(Path.Combine(newest, RunState.FileName)), Json)
            ?? throw new TrainingException($"{Path.Combine(newest, RunState.FileName)} is empty.");
    }

    // Compute type and threads decide bits, so a resumed run keeps the first run's; other options must be the same.
    private static PretrainOptions Resolve(PretrainOptions given, PretrainOptions? stored)
    {
        var compute = given.Compute != ComputeType.Auto ? given.Compute : LibTorch.HasFastBFloat16 ? ComputeType.BF16 : ComputeType.F32;
        var options = given with { Compute = stored?.Compute ?? compute, Threads = LibTorch.SetThreads(stored?.Threads ?? given.Threads) };
        if (stored is not null && Text(stored) is var before && Text(options) is var now && before != now)
        {
            throw new TrainingException($"The checkpoint folder holds a run with other options. Stored: {before} Given: {now}");
        }

        return options;

        static string Text(PretrainOptions o) => JsonSerializer.Serialize(o with { TokenBudget = 1, CheckpointEverySteps = 1, ValidateEverySteps = 0, ValidationRows = 1 });
    }

    private void Restore(string newest, RunState state)
    {
        TensorFile.Read(Path.Combine(newest, TrainerTensors.WeightsFile), TrainerTensors.Weights(trainer.Decoder.Parameters));
        TensorFile.Read(Path.Combine(newest, TrainerTensors.OptimizerFile), TrainerTensors.Optimizers(trainer));
        trainer.Decoder.Parameters.Refresh();
        (trainer.Updates, step, skippedInARow, folder) = (state.Updates, state.Step, state.SkippedInARow, newest);
        mixer.Skip(step * options.BatchSize * options.GradientAccumulationSteps);
    }

    private void Step()
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var batch in batches)
        {
            batch.Scored = 0;
            for (var row = 0; row < options.BatchSize; row++)
            {
                mixer.Next(batch, row);
            }
        }

        step++;
        var factor = Schedule.Factor(options, step);
        var outcome = trainer.Step(batches, factor);
        var rate = factor * (options.MatrixOptimizer == MatrixOptimizer.Muon ? options.MuonLearningRate : options.AdamLearningRate);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var done = new TrainingStep(step, step * options.TokensPerStep, outcome.Loss, rate, outcome.GradientNorm, options.TokensPerStep / seconds);
        log.Append(done, outcome.NonFinite);
        observer.Step(done);
        CountSkipped(outcome);
    }

    private void CountSkipped(StepOutcome outcome)
    {
        skippedInARow = outcome.NonFinite is null ? 0 : skippedInARow + 1;
        if (outcome.NonFinite is not null)
        {
            observer.Skipped(step, outcome.NonFinite);
        }

        if (skippedInARow >= MostSkippedInARow)
        {
            throw new TrainingException(string.Create(
                CultureInfo.InvariantCulture,
                $"{skippedInARow} steps in a row up to step {step} were not finite, last at {outcome.NonFinite}: lower the learning rate, or look at the data."));
        }
    }

    private void Save()
    {
        var state = new RunState
        {
            Options = options,
            DataHash = corpus.Hash,
            Step = step,
            Updates = trainer.Updates,
            SkippedInARow = skippedInARow,
            LossLogBytes = log.Secure(),
            WeightsHash = TrainerTensors.Hash(trainer.Decoder.Parameters),
        };
        folder = store.Save(step,
        [
            (TrainerTensors.WeightsFile, TensorFile.Parts(TrainerTensors.Weights(trainer.Decoder.Parameters))),
            (TrainerTensors.OptimizerFile, TensorFile.Parts(TrainerTensors.Optimizers(trainer))),
            (RunState.FileName, [JsonSerializer.SerializeToUtf8Bytes(state, Json)]),
        ]);
        observer.Checkpoint(step, folder);
    }

    private double Validate(int mostRows) => Validation.Loss(trainer, corpus.Valid!, options, mostRows);

    private PretrainResult Finish()
    {
        if (corpus.Valid is null)
        {
            return Result(completed: true, double.NaN);
        }

        var loss = Validate(int.MaxValue);
        observer.Validation(step, loss);
        var (unigram, bigram) = new NgramBaseline(corpus.Train, options.VocabularySize).Perplexity(corpus.Valid);
        return Result(completed: true, loss) with { UnigramPerplexity = unigram, BigramPerplexity = bigram };
    }

    private PretrainResult Result(bool completed, double loss) => new()
    {
        Completed = completed,
        Steps = step,
        Tokens = step * options.TokensPerStep,
        ValidationLoss = loss,
        ValidationPerplexity = Math.Exp(loss),
        WeightsHash = TrainerTensors.Hash(trainer.Decoder.Parameters),
        CheckpointFolder = folder,
    };
}
