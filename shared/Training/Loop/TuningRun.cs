using InternPlatform.Models;
using InternPlatform.Training.Checkpoints;
using InternPlatform.Training.Data;
using InternPlatform.Training.Model;

namespace InternPlatform.Training.Loop;

/// <summary>A tuned model from a base model and dialogues: the same loop over low-rank additions, or over all weights.</summary>
internal sealed class TuningRun : IDisposable
{
    private readonly Corpus corpus;
    private readonly ITrainingObserver observer;
    private readonly Trainer trainer;
    private readonly TrainingRun run;

    private TuningRun(RunSetup setup, Corpus corpus, Trainer trainer, ITrainingObserver observer)
    {
        (this.corpus, this.trainer, this.observer) = (corpus, trainer, observer);
        run = new(setup, corpus, trainer, observer);
    }

    public static TuningRun Open(
        TuneOptions options, ModelFolder model, TuningData data, string root, ITrainingObserver observer, DurableFiles files)
    {
        var vocabulary = model.Config.VocabularySize;
        var train = TokenSamples.Of(data.Train, vocabulary, "training dialogues");
        var valid = data.Valid.Count == 0 ? null : TokenSamples.Of(data.Valid, vocabulary, "dialogues kept out");
        var corpus = Corpus.Of(train, valid);
        var setup = TrainingRun.Prepare(
            options.ForLoop(model.Config, train), new(options.Method, options.EffectiveRank, options.EffectiveAlpha, Fingerprint(model)), root, files);
        TrainingRun.RequireSameData(setup, corpus);
        return new TuningRun(setup, corpus, new Trainer(setup.Options, setup.ComputeType, Make(setup, model)), observer);
    }

    public TuneResult Train(CancellationToken pause)
    {
        run.Train(pause);
        var last = double.NaN;
        if (run.IsCompleted && corpus.HeldOut.Count > 0)
        {
            last = run.Validate(int.MaxValue);
            observer.Validation(run.Step, last);
        }

        return new TuneResult
        {
            Completed = run.IsCompleted,
            Steps = run.Step,
            Tokens = run.Tokens,
            ScoredTokens = run.Scored,
            TrainableParameters = trainer.Trained.Sum(group => group.Master.numel()),
            Parameters = trainer.Decoder.Parameters.All.Sum(group => group.Master.numel()),
            ValidationLossBefore = run.FirstLoss ?? double.NaN,
            ValidationLossAfter = last,
            WeightsHash = run.WeightsHash(),
            CheckpointFolder = run.Folder,
        };
    }

    public void Dispose() => run.Dispose();

    /// <summary>The base model as a decoder, with additions where the method has them.</summary>
    internal static Decoder Make(RunSetup setup, ModelFolder model)
    {
        var tuning = setup.Tuning!;
        var parameters = new DecoderParameters(setup.Options, setup.ComputeType, model, frozen: tuning.Method == TuningMethod.Lora);
        var lora = tuning.Method == TuningMethod.Lora
            ? new LoraParameters(parameters, tuning.LoraRank, tuning.LoraAlpha, setup.Options.Seed, setup.ComputeType)
            : null;
        return new Decoder(setup.Options, setup.ComputeType, parameters, lora);
    }

    /// <summary>Names the base model, so that a run does not go on over another one.</summary>
    private static string Fingerprint(ModelFolder model)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (var (name, _) in WeightNames.All(model.Config))
        {
            hash.AppendData(model.Bytes(name));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
