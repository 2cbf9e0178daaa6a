using InternPlatform.Training.Checkpoints;
using InternPlatform.Training.Data;

namespace InternPlatform.Training.Loop;

/// <summary>A base model from shards: the loop over a model with first weights, and the counting models it is compared with.</summary>
internal sealed class PretrainingRun : IDisposable
{
    private readonly PretrainOptions options;
    private readonly Corpus corpus;
    private readonly ITrainingObserver observer;
    private readonly TrainingRun run;

    private PretrainingRun(RunSetup setup, Corpus corpus, ITrainingObserver observer)
    {
        (options, this.corpus, this.observer) = (setup.Options, corpus, observer);
        run = new(setup, corpus, new Trainer(setup.Options, setup.ComputeType), observer);
    }

    public static PretrainingRun Open(
        PretrainOptions given, IReadOnlyList<string> trainShards, IReadOnlyList<string> validShards, string root,
        ITrainingObserver observer, DurableFiles files)
    {
        var setup = TrainingRun.Prepare(given, tuning: null, root, files);
        var corpus = Corpus.Load(setup.Options, trainShards, validShards);
        TrainingRun.RequireSameData(setup, corpus);
        return new PretrainingRun(setup, corpus, observer);
    }

    public PretrainResult Train(CancellationToken pause)
    {
        run.Train(pause);
        return run.IsCompleted ? Finish() : Result(completed: false, double.NaN);
    }

    public void Dispose() => run.Dispose();

    private PretrainResult Finish()
    {
        if (corpus.HeldOut.Count == 0)
        {
            return Result(completed: true, double.NaN);
        }

        var counting = new NgramBaseline(corpus.Train, options.VocabularySize);
        var shards = corpus.HeldOut.Select(shard => (Model: run.Validate(shard), Counting: counting.Loss(shard))).ToArray();
        var loss = Sum(shards.Select(shard => shard.Model)).Mean;
        observer.Validation(run.Step, loss);
        return Result(completed: true, loss) with
        {
            UnigramPerplexity = Perplexity(Sum(shards.Select(shard => shard.Counting.Unigram))),
            BigramPerplexity = Perplexity(Sum(shards.Select(shard => shard.Counting.Bigram))),
            HeldOut = [.. shards.Select(shard => new ShardPerplexity(
                shard.Model.Scored, Perplexity(shard.Model), Perplexity(shard.Counting.Unigram), Perplexity(shard.Counting.Bigram)))],
        };
    }

    private static HeldOutLoss Sum(IEnumerable<HeldOutLoss> shards) => shards.Aggregate((all, shard) => all + shard);

    private static double Perplexity(HeldOutLoss loss) => Math.Exp(loss.Mean);

    private PretrainResult Result(bool completed, double loss) => new()
    {
        Completed = completed,
        Steps = run.Step,
        Tokens = run.Tokens,
        ValidationLoss = loss,
        ValidationPerplexity = Math.Exp(loss),
        WeightsHash = run.WeightsHash(),
        CheckpointFolder = run.Folder,
    };
}
