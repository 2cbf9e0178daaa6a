namespace InternPlatform.Inference.Engine;

/// <summary>Continuous batching: decides what each step computes. Used by the engine's thread only.</summary>
/// <remarks>
/// Invariants.
/// 1. Running and waiting sequences stand by priority, then by who came first. Order of a step: decodes, then prompt chunks, then admissions.
/// 2. Only a decode, or a waiting sequence of higher priority, may preempt, and only one that stands behind it; so the first always goes forward, and every
///    request of the highest priority ends.
/// 3. A preempted sequence gives all blocks back and is computed again from its tokens: the same bits come out.
/// 4. Blocks are held by running sequences only; a waiting one holds none.
/// </remarks>
internal sealed class Scheduler(EngineOptions options, BlockPool pool, DraftModel? draft)
{
    private const int MostThatGuess = DraftModel.Slots;

    private readonly List<Sequence> running = [];
    private readonly List<Sequence> waiting = [];

    public int Running => running.Count;

    public int Waiting => waiting.Count;

    public bool IsIdle => running.Count == 0 && waiting.Count == 0;

    public void Add(Sequence sequence) => Insert(waiting, sequence);

    /// <summary>Fills the batch; it stays empty only when there is nothing to do.</summary>
    public void Plan(StepBatch batch)
    {
        batch.Clear();
        GiveWay();
        for (var i = 0; i < running.Count && batch.Room > 0; i++)
        {
            if (running[i].Remaining == 1)
            {
                PlaceDecode(batch, i);
            }
        }

        for (var i = 0; i < running.Count && batch.Room > 0; i++)
        {
            if (running[i].Remaining > 1)
            {
                PlaceChunk(batch, running[i]);
            }
        }

        Admit(batch);
        if (batch.Count == 0 && running.Count > 1)
        {
            // Half-read prompts hold all blocks: the youngest gives way.
            Preempt(running.Count - 1);
            Plan(batch);
        }
    }

    /// <summary>Takes the sequence out and frees its blocks.</summary>
    public void Remove(Sequence sequence)
    {
        sequence.Table.Release();
        if (!running.Remove(sequence))
        {
            waiting.Remove(sequence);
        }
    }

    /// <summary>Takes out the sequences whose callers left.</summary>
    public void RemoveCancelled(Action<Sequence> removed)
    {
        Sweep(running, removed, all: false);
        Sweep(waiting, removed, all: false);
    }

    /// <summary>Takes out everything.</summary>
    public void RemoveAll(Action<Sequence> removed)
    {
        Sweep(running, removed, all: true);
        Sweep(waiting, removed, all: true);
    }

    private static void Sweep(List<Sequence> sequences, Action<Sequence> removed, bool all)
    {
        for (var i = sequences.Count - 1; i >= 0; i--)
        {
            var sequence = sequences[i];
            if (all || sequence.Output.IsCancelled)
            {
                sequences.RemoveAt(i);
                sequence.Table.Release();
                removed(sequence);
            }
        }
    }

    private void PlaceDecode(StepBatch batch, int index)
    {
        var sequence = running[index];
        while (sequence.Table.Grow(sequence.Count) < sequence.Count)
        {
            var youngest = running.Count - 1;
            Preempt(youngest);
            if (youngest == index)
            {
                return;
            }
        }

        // A guess takes no block from anybody, and is worth its computing only while few sequences share a step.
        sequence.Guess(running.Count <= MostThatGuess ? Math.Min(options.GuessedTokens, batch.Room - 1) : 0, draft);
        batch.Add(sequence, 1 + sequence.Guessed);
    }

    private static void PlaceChunk(StepBatch batch, Sequence sequence)
    {
        var wanted = Math.Min(batch.Room, sequence.Remaining);
        var fits = sequence.Table.Grow(sequence.Computed + wanted) - sequence.Computed;
        if (fits > 0)
        {
            batch.Add(sequence, fits);
        }
    }

    /// <summary>A sequence comes in when all it has so far would fit, with one block to spare for each running one: else it would be thrown out again.</summary>
    private void Admit(StepBatch batch)
    {
        while (waiting.Count > 0 && running.Count < options.MaxRunningSequences && batch.Room > 0)
        {
            var sequence = waiting[0];
            if (running.Count > 0 && !Fits(sequence))
            {
                return;
            }

            waiting.RemoveAt(0);
            Insert(running, sequence);
            sequence.Computed = sequence.ReadsWholePrompt ? 0 : sequence.Table.Reuse(sequence.Tokens);
            sequence.Output.CachedTokens = sequence.WasAdmitted ? sequence.Output.CachedTokens : sequence.Computed;
            PlaceChunk(batch, sequence);
        }
    }

    private bool Fits(Sequence sequence) => pool.Free >= BlockTable.BlocksFor(sequence.Count + 1) + running.Count;

    /// <summary>Before the step is planned: who is in it already keeps its blocks.</summary>
    private void GiveWay()
    {
        while (waiting.Count > 0 && running.Count > 0 && waiting[0].Request.Priority > running[^1].Request.Priority
            && (running.Count == options.MaxRunningSequences || !Fits(waiting[0])))
        {
            Preempt(running.Count - 1);
        }
    }

    private void Preempt(int index)
    {
        var sequence = running[index];
        running.RemoveAt(index);
        sequence.Table.Release();
        sequence.Computed = 0;
        var place = waiting.FindIndex(other => other.Request.Priority <= sequence.Request.Priority);
        waiting.Insert(place < 0 ? waiting.Count : place, sequence);
    }

    /// <summary>Behind all of its priority.</summary>
    private static void Insert(List<Sequence> sequences, Sequence sequence)
    {
        var place = sequences.Count;
        while (place > 0 && sequences[place - 1].Request.Priority < sequence.Request.Priority)
        {
            place--;
        }

        sequences.Insert(place, sequence);
    }
}
