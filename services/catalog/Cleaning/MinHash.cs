using System.Numerics;
using System.Runtime.InteropServices;

namespace InternPlatform.Catalog.Cleaning;

/// <summary>
/// MinHash signatures (Broder 1997, "On the resemblance and containment of documents"): the share of places at which two signatures agree estimates the
/// share of shingles that two texts have in common (Jaccard), with a standard error of √(J(1−J)/permutations).
/// </summary>
internal sealed class MinHash
{
    private readonly uint[] masks;
    private readonly uint[] factors;

    /// <param name="permutations">Places of a signature; a multiple of 16.</param>
    public MinHash(int permutations)
    {
        masks = new uint[permutations];
        factors = new uint[permutations];
        for (var i = 0; i < permutations; i++)
        {
            var hash = Tokens.SeededOrder.Hash(1997, i);
            masks[i] = (uint)hash;
            factors[i] = (uint)(hash >> 32) | 1;    // odd: multiplying is then one to one
        }
    }

    public uint[] Signature(ReadOnlySpan<uint> shingles)
    {
        var signature = new uint[masks.Length];
        signature.AsSpan().Fill(uint.MaxValue);
        var minima = MemoryMarshal.Cast<uint, Vector<uint>>(signature.AsSpan());
        var xors = MemoryMarshal.Cast<uint, Vector<uint>>(masks);
        var multipliers = MemoryMarshal.Cast<uint, Vector<uint>>(factors);
        foreach (var shingle in shingles)
        {
            var value = new Vector<uint>(shingle);
            for (var lane = 0; lane < minima.Length; lane++)
            {
                var hash = (value ^ xors[lane]) * multipliers[lane];
                hash = (hash ^ (hash >>> 15)) * 0x85EBCA6B;
                hash ^= hash >>> 13;
                minima[lane] = Vector.Min(minima[lane], hash);
            }
        }

        return signature;
    }

    /// <summary>The estimated share of shingles in common.</summary>
    public static double Similarity(ReadOnlySpan<uint> left, ReadOnlySpan<uint> right)
    {
        var equal = 0;
        for (var i = 0; i < left.Length; i++)
        {
            equal += left[i] == right[i] ? 1 : 0;
        }

        return equal / (double)left.Length;
    }
}
