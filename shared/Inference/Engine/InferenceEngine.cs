using InternPlatform.Inference.Runners;
using InternPlatform.Models;

namespace InternPlatform.Inference.Engine;

/// <summary>
/// Continuous batching over a paged cache, on one thread of its own. Knows token ids only.
/// Log-probabilities and tokens of a request are bitwise the same alone or in any batch.
/// </summary>
/// <remarks>
/// <see cref="Submit"/> and <see cref="Status"/> may be called from any thread; everything else happens on the engine's thread.
/// A request that fails takes no other with it; only an exception from outside a single request stops the engine, and then
/// every waiter is told.
/// </remarks>
public sealed class InferenceEngine : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim work = new(0);
    private readonly List<Sequence> inbox = [];
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly EngineOptions options;
    private readonly TimeProvider time;
    private readonly BlockPool pool;
    private readonly Scheduler scheduler;
    private readonly StepBatch batch;
    private readonly StepScratch scratch;
    private readonly LlamaRunner runner;
    private readonly TokenOutput output;
    private readonly Action<Sequence> dropped;
    private volatile bool isStopping;
    private string? failure;
    private int waiting;
    private long lastProgress;
    private long steps;
    private long promptTokens;
    private long allocated;

    private InferenceEngine(IModelSource source, int tokens, EngineOptions options, TimeProvider time, IModelSource? draft)
    {
        (this.options, this.time) = (options, time);
        Config = source.Config;
        Plan = MemoryPlan.Of(source, options, draft);
        var cache = new KvCache(Config.LayerCount, MemoryPlan.LayoutOf(Config, options), Plan.Blocks);
        pool = new(Plan.Blocks);
        batch = new(options.StepTokens);
        var weights = new LlamaWeights(source);
        scratch = new(options.Threads, options.StepTokens, Math.Max(MemoryPlan.MostInputs(Config), draft is null ? 0 : MemoryPlan.MostInputs(draft.Config)));
        var additions = options.MaxAdapterRank > 0 ? new LoraWork(options.StepTokens, options.MaxAdapterRank, MemoryPlan.MostInputs(Config)) : null;
        runner = new(weights, cache, scratch, additions, options.StepTokens, options.LogitRows, Plan.ContextLength);
        scheduler = new(options, pool, draft is null ? null : new DraftModel(draft, scratch, options, Plan.ContextLength, tokens));
        output = new(runner, scheduler, Config.VocabularySize, tokens, options.LogitRows);
        dropped = Dropped;
        lastProgress = time.GetTimestamp();
    }

    /// <summary>The model's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>What was allocated.</summary>
    public MemoryPlan Plan { get; }

    /// <summary>Sequences that are computed in one step at most.</summary>
    public int MaxRunningSequences => options.MaxRunningSequences;

    /// <summary>Reads a model and starts its engine.</summary>
    /// <exception cref="InvalidModelException">The folder is no model that can be served.</exception>
    /// <exception cref="NotEnoughMemoryException">It does not fit; nothing was allocated.</exception>
    public static InferenceEngine Start(ModelFolder folder, EngineOptions options, TimeProvider time) => Start(folder, folder.Tokenizer.VocabularySize, options, time);

    /// <summary>Reads a model of any format and starts its engine; the source may be closed then.</summary>
    /// <param name="source">The model.</param>
    /// <param name="tokens">Tokens that its tokenizer has: others are never drawn.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">Clock.</param>
    /// <param name="draft">A smaller model with the same tokenizer that guesses ahead: answers come sooner and stay the same. It may be closed, too.</param>
    /// <exception cref="InvalidModelException">The model cannot be served.</exception>
    /// <exception cref="NotEnoughMemoryException">It does not fit; nothing was allocated.</exception>
    public static InferenceEngine Start(IModelSource source, int tokens, EngineOptions options, TimeProvider time, IModelSource? draft = null)
    {
        if (draft is not null && draft.Config.VocabularySize < tokens)
        {
            throw new InvalidModelException("draft", $"It has {draft.Config.VocabularySize} tokens, the served model's tokenizer {tokens}: choose a draft with the same tokenizer.");
        }

        var engine = new InferenceEngine(source, tokens, options, time, draft);
        new Thread(engine.Loop) { IsBackground = true, Name = "inference engine" }.Start();
        return engine;
    }

    /// <summary>Queues a request.</summary>
    /// <exception cref="EngineFullException">The queue is full.</exception>
    /// <exception cref="EngineStoppedException">The engine ended.</exception>
    /// <exception cref="InferenceException">The prompt is empty, has a token outside the vocabulary, or is longer than the context.</exception>
    public Generation Submit(GenerationRequest request)
    {
        Check(request);
        var generation = new Generation(request, Wake);
        var sequence = new Sequence(generation, pool, Plan.ContextLength);
        lock (gate)
        {
            if (isStopping || failure is not null)
            {
                throw new EngineStoppedException(failure ?? "The server is stopping.");
            }

            if (waiting >= options.MaxWaitingRequests)
            {
                throw new EngineFullException(waiting);
            }

            if (waiting++ == 0 && scheduler.Running == 0)
            {
                Volatile.Write(ref lastProgress, time.GetTimestamp());
            }

            inbox.Add(sequence);
        }

        Wake();
        return generation;
    }

    /// <summary>What the engine is doing.</summary>
    public EngineStatus Status()
    {
        var isIdle = Volatile.Read(ref waiting) == 0 && scheduler.Running == 0;
        return new()
        {
            Running = scheduler.Running,
            Waiting = Volatile.Read(ref waiting),
            FreeBlocks = pool.Free,
            TotalBlocks = pool.Total,
            Steps = Volatile.Read(ref steps),
            PromptTokens = Volatile.Read(ref promptTokens),
            GeneratedTokens = output.Generated,
            GuessedTokens = output.Guessed,
            RightGuesses = output.GuessedRight,
            WithoutProgress = isIdle ? TimeSpan.Zero : time.GetElapsedTime(Volatile.Read(ref lastProgress)),
            Failure = Volatile.Read(ref failure),
        };
    }

    /// <summary>Stops after the current step; unfinished requests end with <see cref="EngineStoppedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        isStopping = true;
        Wake();
        await ended.Task;
        scratch.Dispose();
    }

    private void Check(GenerationRequest request)
    {
        if (request.Adapter is { } adapter && adapter.Rank > options.MaxAdapterRank)
        {
            throw new InferenceException("adapter_too_large", $"The adapter has rank {adapter.Rank}; this engine takes {(options.MaxAdapterRank == 0 ? "no adapters" : $"ranks up to {options.MaxAdapterRank}")}.", "model");
        }

        if (request.Prompt.Count == 0)
        {
            throw new InferenceException("empty_prompt", "The prompt has no tokens.", "prompt");
        }

        var room = request.MaxNewTokens > 0 ? Plan.ContextLength - 1 : Plan.ContextLength;
        if (request.Prompt.Count > room)
        {
            throw new InferenceException("context_length_exceeded", $"The prompt has {request.Prompt.Count} tokens; the model's context is {Plan.ContextLength} tokens, the answer included.", "prompt");
        }

        foreach (var token in request.Prompt.Concat(request.StopTokens).Concat(request.Sampling.LogitBias.Keys))
        {
            if (token < 0 || token >= Config.VocabularySize)
            {
                throw new InferenceException("unknown_token", $"Token {token} is not in the vocabulary of {Config.VocabularySize}.");
            }
        }
    }

    private void Wake()
    {
        if (work.CurrentCount == 0)
        {
            work.Release();
        }
    }

    private void Loop()
    {
        try
        {
            while (!isStopping)
            {
                TakeIn();
                if (scheduler.IsIdle)
                {
                    work.Wait();
                    continue;
                }

                Step();
            }

            End("The server is stopping.");
        }
        catch (Exception e)
        {
            // The thread's last word: whoever waits is told, and the status says why.
            End($"The engine broke: {e.GetType().Name}: {e.Message}");
            Volatile.Write(ref failure, e.ToString());
        }
        finally
        {
            ended.TrySetResult();
        }
    }

    /// <summary>Managed bytes that the engine's thread allocated so far.</summary>
    internal long AllocatedBytes => Volatile.Read(ref allocated);

    private void Step()
    {
        scheduler.Plan(batch);
        CountAdmissions();
        if (batch.Count > 0)
        {
            runner.Forward(batch);
            promptTokens += output.Handle(batch);
            steps++;
        }

        Volatile.Write(ref allocated, GC.GetAllocatedBytesForCurrentThread());
        Volatile.Write(ref lastProgress, time.GetTimestamp());
    }

    /// <summary>New requests come in, requests whose caller left go out.</summary>
    private void TakeIn()
    {
        lock (gate)
        {
            foreach (var sequence in inbox)
            {
                scheduler.Add(sequence);
            }

            inbox.Clear();
        }

        scheduler.RemoveCancelled(dropped);
    }

    private void Dropped(Sequence sequence)
    {
        if (!sequence.WasAdmitted)
        {
            Interlocked.Decrement(ref waiting);
        }

        sequence.Output.Finish(FinishReason.Cancelled);
    }

    private void CountAdmissions()
    {
        foreach (var (sequence, _, _) in batch.Chunks)
        {
            if (!sequence.WasAdmitted)
            {
                sequence.WasAdmitted = true;
                Interlocked.Decrement(ref waiting);
            }
        }
    }

    private void End(string reason)
    {
        lock (gate)
        {
            failure ??= reason;
            foreach (var sequence in inbox)
            {
                scheduler.Add(sequence);
            }

            inbox.Clear();
            waiting = 0;
        }

        scheduler.RemoveAll(sequence => sequence.Output.Fail(new EngineStoppedException(reason)));
    }
}
