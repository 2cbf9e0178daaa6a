using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace InternPlatform.Benchmarks;

/// <summary>How fast this machine reads memory now: it is no constant where others use it, too.</summary>
internal static class MemoryBandwidth
{
    private const int Bytes = 1 << 30;
    private const int Rounds = 5;

    /// <summary>GB/s, the best of some rounds.</summary>
    public static double Read(int threads)
    {
        var data = GC.AllocateUninitializedArray<byte>(Bytes);
        Array.Fill(data, (byte)1);
        var best = 0.0;
        for (var round = 0; round < Rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            var sums = new long[threads * 8];
            var helpers = Enumerable.Range(0, threads).Select(i => new Thread(() => sums[i * 8] = Sum(data.AsSpan(Bytes / threads * i, Bytes / threads)))).ToList();
            helpers.ForEach(helper => helper.Start());
            helpers.ForEach(helper => helper.Join());
            best = Math.Max(best, Bytes / 1e9 / clock.Elapsed.TotalSeconds);
            GC.KeepAlive(sums);
        }

        return best;
    }

    private static long Sum(ReadOnlySpan<byte> bytes)
    {
        var vectors = MemoryMarshal.Cast<byte, Vector<long>>(bytes);
        Vector<long> a = default, b = default, c = default, d = default;
        for (var i = 0; i + 4 <= vectors.Length; i += 4)
        {
            a += vectors[i];
            b += vectors[i + 1];
            c += vectors[i + 2];
            d += vectors[i + 3];
        }

        return Vector.Sum(a + b + c + d);
    }
}
