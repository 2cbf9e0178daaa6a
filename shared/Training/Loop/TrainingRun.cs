using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using InternPlatform.Training.Checkpoints;
using InternPlatform.Training.Data;
using InternPlatform.Training.Optimization;
using TorchSharp;

namespace InternPlatform.Training.Loop;

/// <summary>
/// The loop that pretraining and tuning share: batch, step, log; validation and checkpoints at their intervals. What is trained is the
/// trainer's business, what it is trained on the corpus's.
/// </summary>
internal sealed class TrainingRun : IDisposable
{
    private const int CheckpointsKept = 2;
    private const int MostSkippedInARow = 20;
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    private readonly PretrainOptions options;
    private readonly TuningState? tuning;
    private readonly Corpus corpus;
    private readonly ITrainingObserver observer;
    private readonly CheckpointStore store;
    private readonly Trainer trainer;
    private readonly LossLog log;
    private readonly RowMixer mixer;
    private readonly Batch[] batches;
    private int skippedInARow;

    /// <param name="setup">What is trained, and how.</param>
    /// <param name="corpus">What it is trained on.</param>
    /// <param name="trainer">Owned from here on.</param>
    /// <param name="observer">Hears of each step.</param>
    public TrainingRun(RunSetup setup, Corpus corpus, Trainer trainer, ITrainingObserver observer)
    {
        (options, tuning, this.corpus, this.trainer, this.observer) = (setup.Options, setup.Tuning, corpus, trainer, observer);
        store = new(setup.Root, setup.Files, CheckpointsKept);
        log = new(setup.Root, setup.Stored?.State.LossLogBytes ?? 0, setup.Files);
        mixer = corpus.Mixer(options);
        batches = [.. Enumerable.Range(0, options.GradientAccumulationSteps).Select(_ => new Batch(options.BatchSize, options.SequenceLength))];
        if (setup.Stored is { } stored)
        {
            Restore(stored);
        }
    }

    /// <summary>Optimizer steps done.</summary>
    public long Step { get; private set; }

    /// <summary>Input tokens read; pretraining counts filler, tuning does not.</summary>
    public long Tokens => tuning is null ? Step * options.TokensPerStep : Read;

    /// <summary>Labels that were scored.</summary>
    public long Scored { get; private set; }

    /// <summary>Folder of the last checkpoint.</summary>
    public string Folder { get; private set; } = "";

    /// <summary>Held-out loss before the first step of a tuning; kept in its checkpoints.</summary>
    public double? FirstLoss { get; private set; }

    public bool IsCompleted => Step >= options.TotalSteps;

    private long Read { get; set; }

    /// <summary>Options in force and the newest complete checkpoint, if any, for a folder that a run begins or goes on in.</summary>
    /// <exception cref="TrainingException">The folder holds a run with other options, or its newest checkpoint is damaged.</exception>
    public static RunSetup Prepare(PretrainOptions given, TuningState? tuning, string root, DurableFiles files)
    {
        var newest = new CheckpointStore(root, files, CheckpointsKept).Newest();
        var stored = newest is null ? null : new StoredRun(newest, ReadState(newest));
        if (stored is not null && stored.State.Tuning != tuning)
        {
            throw new TrainingException($"The checkpoint folder holds another kind of run. Stored: {stored.State.Tuning} Given: {tuning}");
        }

        return new(Resolve(given, stored?.State.Options), tuning, root, files, stored);
    }

    /// <exception cref="TrainingException">The checkpoint was trained on other tokens.</exception>
    public static void RequireSameData(RunSetup setup, Corpus corpus)
    {
        if (setup.Stored is { } stored && stored.State.DataHash != corpus.Hash)
        {
            throw new TrainingException($"The checkpoint {stored.Folder} was trained on other tokens than the given ones: use its data, or another checkpoint folder.");
        }
    }

    /// <summary>Runs to the budget or to the next step after a pause was asked for; a checkpoint lies behind it either way.</summary>
    public void Train(CancellationToken pause)
    {
        observer.Started(Step, options.TotalSteps, trainer.Trained.Sum(group => group.Master.numel()), options.Compute.ToString(), options.Threads);
        Begin();
        while (!IsCompleted && !pause.IsCancellationRequested)
        {
            TakeStep();
            if (Step % options.CheckpointEverySteps == 0 && !IsCompleted)
            {
                Save();
            }

            if (options.ValidateEverySteps > 0 && Step % options.ValidateEverySteps == 0 && !IsCompleted && corpus.HeldOut.Count > 0)
            {
                observer.Validation(Step, Validate(options.ValidationRows));
            }
        }

        Save();
    }

    /// <summary>Mean nats per scored held-out token over about so many packed rows.</summary>
    public double Validate(int mostRows) => Validation.Loss(trainer, corpus.HeldOut, options, mostRows).Mean;

    /// <summary>Loss over all rows of a held-out shard.</summary>
    public HeldOutLoss Validate(TokenSamples shard) => Validation.Loss(trainer, shard, options, int.MaxValue);

    public string WeightsHash() => TrainerTensors.Hash(TrainerTensors.Weights(trainer.Trained));

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

    private void Restore(StoredRun stored)
    {
        TensorFile.Read(Path.Combine(stored.Folder, TrainerTensors.WeightsFile), TrainerTensors.Weights(trainer.Trained));
        TensorFile.Read(Path.Combine(stored.Folder, TrainerTensors.OptimizerFile), TrainerTensors.Optimizers(trainer));
        trainer.Refresh();
        var state = stored.State;
        (trainer.Updates, Step, skippedInARow, Folder) = (state.Updates, state.Step, state.SkippedInARow, stored.Folder);
        (Read, Scored, FirstLoss) = (state.TokensRead, state.TokensScored, state.FirstLoss);
        mixer.Skip(Step * options.BatchSize * options.GradientAccumulationSteps);
    }

    // A tuning says what the model could do before it; a run that died between a checkpoint and its sample takes the sample now.
    private void Begin()
    {
        if (tuning is not null && Step == 0 && corpus.HeldOut.Count > 0)
        {
            FirstLoss = Validate(int.MaxValue);
            observer.Validation(0, FirstLoss.Value);
        }

        observer.Sample(Step, new ModelInTraining(trainer.Decoder, options));
    }

    private void TakeStep()
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var batch in batches)
        {
            (batch.Scored, batch.Tokens) = (0, 0);
            for (var row = 0; row < options.BatchSize; row++)
            {
                mixer.Next(batch, row);
            }
        }

        var before = Tokens;
        Step++;
        Read += batches.Sum(batch => batch.Tokens);
        Scored += batches.Sum(batch => batch.Scored);
        var factor = Schedule.Factor(options, Step);
        var outcome = trainer.Step(batches, factor);
        var rate = factor * (options.MatrixOptimizer == MatrixOptimizer.Muon ? options.MuonLearningRate : options.AdamLearningRate);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var done = new TrainingStep(Step, Tokens, outcome.Loss, rate, outcome.GradientNorm, (Tokens - before) / seconds);
        log.Append(done, outcome.NonFinite);
        observer.Step(done);
        CountSkipped(outcome);
    }

    private void CountSkipped(StepOutcome outcome)
    {
        skippedInARow = outcome.NonFinite is null ? 0 : skippedInARow + 1;
        if (outcome.NonFinite is not null)
        {
            observer.Skipped(Step, outcome.NonFinite);
        }

        if (skippedInARow >= MostSkippedInARow)
        {
            throw new TrainingException(string.Create(
                CultureInfo.InvariantCulture,
                $"{skippedInARow} steps in a row up to step {Step} were not finite, last at {outcome.NonFinite}: lower the learning rate, or look at the data."));
        }
    }

    private void Save()
    {
        var state = new RunState
        {
            Options = options,
            Tuning = tuning,
            DataHash = corpus.Hash,
            Step = Step,
            Updates = trainer.Updates,
            SkippedInARow = skippedInARow,
            LossLogBytes = log.Secure(),
            WeightsHash = WeightsHash(),
            TokensRead = Read,
            TokensScored = Scored,
            FirstLoss = FirstLoss,
        };
        Folder = store.Save(Step,
        [
            (TrainerTensors.WeightsFile, TensorFile.Parts(TrainerTensors.Weights(trainer.Trained))),
            (TrainerTensors.OptimizerFile, TensorFile.Parts(TrainerTensors.Optimizers(trainer))),
            (RunState.FileName, [JsonSerializer.SerializeToUtf8Bytes(state, Json)]),
        ]);
        observer.Checkpoint(Step, Folder);
        observer.Sample(Step, new ModelInTraining(trainer.Decoder, options));
    }
}

/// <summary>A run before its model is made: options in force, where it lives, and what it goes on from.</summary>
internal sealed record RunSetup(PretrainOptions Options, TuningState? Tuning, string Root, DurableFiles Files, StoredRun? Stored)
{
    public torch.ScalarType ComputeType => Options.Compute == Training.ComputeType.BF16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32;
}

/// <summary>A complete checkpoint.</summary>
internal sealed record StoredRun(string Folder, RunState State);
