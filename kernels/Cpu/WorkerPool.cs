using System.Runtime.InteropServices;

namespace InternPlatform.Kernels.Cpu;

/// <summary>Work that falls into parts which may run in any order and at once.</summary>
public interface IPartedWork
{
    /// <summary>Does one part. Called from several threads at once, with each part exactly once.</summary>
    void Run(int part);
}

/// <summary>
/// Helper threads for work of some ten microseconds and up, without allocation. Helpers look for work a little while before they sleep, and the caller does every part
/// that no helper has taken: on a machine that others use, too, the whole is never slower than the caller alone by more than one part.
/// </summary>
/// <remarks>
/// One thread calls <see cref="Run"/>. Number of the work and next part are one word, so that a part is taken of the work that its number says. Works lie in a small
/// ring: a helper that was held between the two reads finds another number there, and leaves.
/// </remarks>
public sealed class WorkerPool : IDisposable
{
    private const int Ring = 8;
    private const int Spins = 300;
    private const int PartBits = 16;
    private const long PartMask = (1 << PartBits) - 1;

    private readonly Slot[] slots = new Slot[Ring];
    private readonly SemaphoreSlim wake = new(0);
    private readonly SemaphoreSlim done = new(0);
    private readonly Thread[] helpers;
    private Line line;
    private long number;
    private volatile bool isStopping;

    /// <param name="threads">Threads in all, the caller included.</param>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        for (var i = 0; i < Ring; i++)
        {
            slots[i] = new Slot();
        }

        helpers = new Thread[threads - 1];
        for (var i = 0; i < helpers.Length; i++)
        {
            helpers[i] = new Thread(Help) { IsBackground = true, Name = $"kernel helper {i + 1}" };
            helpers[i].Start();
        }
    }

    /// <summary>Does all parts; returns when each is done.</summary>
    /// <param name="work">What to do; its parts must not throw.</param>
    /// <param name="parts">How many parts it has, at most 32,767.</param>
    public void Run(IPartedWork work, int parts)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts, short.MaxValue);
        if (helpers.Length == 0 || parts == 1)
        {
            for (var part = 0; part < parts; part++)
            {
                work.Run(part);
            }

            return;
        }

        var slot = slots[++number & (Ring - 1)];
        slot.Fill(work, parts, number);
        Interlocked.Exchange(ref line.Next, number << PartBits);
        var sleeping = Volatile.Read(ref line.Sleeping);
        if (sleeping > 0)
        {
            wake.Release(Math.Min(sleeping, parts - 1));
        }

        while (Take(out _) is >= 0 and var part)
        {
            work.Run(part);
            slot.Finish();
        }

        Wait(slot, parts);
    }

    /// <summary>Ends the helpers; once is enough.</summary>
    public void Dispose()
    {
        if (isStopping)
        {
            return;
        }

        isStopping = true;
        wake.Release(helpers.Length + 1);
        foreach (var helper in helpers)
        {
            helper.Join();
        }

        wake.Dispose();
        done.Dispose();
    }

    private void Wait(Slot slot, int parts)
    {
        var spin = new SpinWait();
        for (var i = 0; i < Spins; i++)
        {
            if (slot.Finished == parts)
            {
                return;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }

        // Told first, then read again: a helper finishes first, then reads.
        slot.Sleep();
        while (slot.Finished < parts)
        {
            done.Wait();
        }
    }

    private void Help()
    {
        while (!isStopping)
        {
            var seen = Newest;
            if (Take(out var slot) is >= 0 and var part)
            {
                slot.Work!.Run(part);
                if (slot.Finish() == slot.Parts && slot.CallerSleeps)
                {
                    done.Release();
                }
            }
            else if (!IsWorkSoon(seen))
            {
                Sleep(seen);
            }
        }
    }

    /// <returns>A part of the newest work; −1 where all are taken.</returns>
    private int Take(out Slot slot)
    {
        var now = Volatile.Read(ref line.Next);
        slot = slots[(now >> PartBits) & (Ring - 1)];
        if ((now & PartMask) >= slot.Parts)
        {
            return -1;
        }

        var mine = Interlocked.Increment(ref line.Next) - 1;
        slot = slots[(mine >> PartBits) & (Ring - 1)];
        var parts = slot.Parts;
        return slot.Number == mine >> PartBits && (mine & PartMask) < parts ? (int)(mine & PartMask) : -1;
    }

    private long Newest => Volatile.Read(ref line.Next) >> PartBits;

    private bool IsWorkSoon(long seen)
    {
        var spin = new SpinWait();
        for (var i = 0; i < Spins; i++)
        {
            if (Newest != seen || isStopping)
            {
                return true;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }

        return false;
    }

    /// <summary>Counted first, then looked again: the caller shows its work first, then reads the count.</summary>
    private void Sleep(long seen)
    {
        Interlocked.Increment(ref line.Sleeping);
        if (Newest == seen && !isStopping)
        {
            wake.Wait();
        }

        Interlocked.Decrement(ref line.Sleeping);
    }

    private sealed class Slot
    {
        private long number;
        private int parts;
        private int finished;
        private int callerSleeps;

        public IPartedWork? Work { get; private set; }

        public int Parts => Volatile.Read(ref parts);

        public long Number => Volatile.Read(ref number);

        public int Finished => Volatile.Read(ref finished);

        public bool CallerSleeps => Volatile.Read(ref callerSleeps) == 1;

        /// <summary>Its number goes first and comes last: who reads parts and then finds its own number read its own parts.</summary>
        public void Fill(IPartedWork work, int parts, long number)
        {
            Interlocked.Exchange(ref this.number, -1);
            (Work, finished, callerSleeps) = (work, 0, 0);
            Volatile.Write(ref this.parts, parts);
            Volatile.Write(ref this.number, number);
        }

        public int Finish() => Interlocked.Increment(ref finished);

        public void Sleep() => Interlocked.Exchange(ref callerSleeps, 1);
    }

    /// <summary>Each on a cache line of its own: all threads write here.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Line
    {
        [FieldOffset(64)]
        public long Next;

        [FieldOffset(128)]
        public int Sleeping;
    }
}
