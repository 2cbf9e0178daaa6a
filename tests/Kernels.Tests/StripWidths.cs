using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using InternPlatform.Kernels.Cpu;
using Xunit;

namespace InternPlatform.Kernels.Tests;

/// <summary>One token's sums of a strip at every width that there is, which must be the same bits.</summary>
internal sealed unsafe class StripWidths
{
    private Strip scalar = null!;
    private Strip portable = null!;
    private Strip widest = null!;
    private HalfStrip half = null!;

    private delegate void Strip(byte* w, ActivationBlocks.Rows x, float* sums);

    private delegate void HalfStrip(byte* w, ActivationBlocks.Rows x, int row, float* sums);

    public static StripWidths Of<TCodes, TScales>()
        where TCodes : struct, IStripCodes
        where TScales : struct, IStripScales => new()
        {
            scalar = FewBitStrip<TCodes, TScales>.OneTokenScalar,
            portable = FewBitStrip<TCodes, TScales>.OneTokenPortable,
            widest = FewBitStrip<TCodes, TScales>.OneToken,
            half = FewBitStrip<TCodes, TScales>.OneToken256,
        };

    public static StripWidths OfEight<TScale>()
        where TScale : struct, IBlockScale => new()
        {
            scalar = Int8Strip<TScale>.OneTokenScalar,
            portable = Int8Strip<TScale>.OneTokenPortable,
            widest = Int8Strip<TScale>.OneToken,
            half = Int8Strip<TScale>.OneTokenAvx2,
        };

    /// <param name="pinned">A packed strip, in an array that does not move.</param>
    /// <param name="x">One token.</param>
    public void AssertSame(byte[] pinned, ActivationBlocks.Rows x)
    {
        var w = (byte*)Unsafe.AsPointer(ref pinned[0]);
        var sums = stackalloc float[StripLayout.Rows];
        var expected = Sums(scalar);
        Assert.Equal(expected, Sums(portable));
        Assert.Equal(expected, Sums(widest));
        if (Avx2.IsSupported)
        {
            half(w, x, 0, sums);
            half(w, x, StripLayout.Rows / 2, sums + (StripLayout.Rows / 2));
            Assert.Equal(expected, new Span<float>(sums, StripLayout.Rows).ToArray());
        }

        float[] Sums(Strip strip)
        {
            var sixteen = stackalloc float[StripLayout.Rows];
            strip(w, x, sixteen);
            return new Span<float>(sixteen, StripLayout.Rows).ToArray();
        }
    }
}
