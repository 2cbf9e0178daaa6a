using InternPlatform.Kernels.Cpu;
using Xunit;

namespace InternPlatform.Kernels.Tests;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Each_part_is_done_once_before_Run_returns(int threads)
    {
        using var pool = new WorkerPool(threads);
        var work = new Counting();
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            var parts = random.Next(1, 20);
            work.Begin(parts, isSlow: round % 500 == 0);
            pool.Run(work, parts);
            Assert.True(work.IsDone(parts), $"round {round}: {work}");
            if (round % 1000 == 0)
            {
                // Long enough for the helpers to sleep.
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }
        }
    }

    [Fact]
    public void A_round_allocates_nothing()
    {
        using var pool = new WorkerPool(2);
        var work = new Counting();
        work.Begin(8, isSlow: false);
        pool.Run(work, 8);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1000; round++)
        {
            pool.Run(work, 8);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public async Task Helpers_end_with_the_pool()
    {
        var pool = new WorkerPool(4);
        await Task.Run(pool.Dispose, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        pool.Dispose();
    }

    private sealed class Counting : IPartedWork
    {
        private readonly int[] counts = new int[32];
        private bool isSlow;

        public void Begin(int parts, bool isSlow)
        {
            Array.Clear(counts);
            this.isSlow = isSlow;
            Assert.InRange(parts, 1, counts.Length);
        }

        public void Run(int part)
        {
            if (isSlow && part % 2 == 0)
            {
                Thread.SpinWait(100_000);
            }

            Interlocked.Increment(ref counts[part]);
        }

        public bool IsDone(int parts) => counts.Take(parts).All(count => count == 1) && counts.Skip(parts).All(count => count == 0);

        public override string ToString() => string.Join(' ', counts);
    }
}
