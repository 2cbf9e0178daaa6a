namespace InternPlatform.Models;

/// <summary>
/// A matrix in ggml's super-blocks of 256 inputs, unpacked. 4 bits (Q4_K): w[n, k] = Scales[n, k/256] · BlockScales[n, k/32] · Codes[n, k] − MinimumScales[n, k/256] · BlockMinimums[n, k/32].
/// 6 bits (Q6_K): w[n, k] = Scales[n, k/256] · BlockScales[n, k/16] · (Codes[n, k] − 32).
/// </summary>
public sealed record SuperBlockMatrix
{
    /// <summary>Inputs of a super-block.</summary>
    public const int SuperBlock = 256;

    /// <summary>N, rows.</summary>
    public required int Outputs { get; init; }

    /// <summary>K, columns.</summary>
    public required int Inputs { get; init; }

    /// <summary>4 or 6.</summary>
    public required int Bits { get; init; }

    /// <summary>[N, K].</summary>
    public required sbyte[] Codes { get; init; }

    /// <summary>[N, K/32] of 0 to 63 for 4 bits, [N, K/16] signed for 6.</summary>
    public required sbyte[] BlockScales { get; init; }

    /// <summary>[N, K/32] for 4 bits; empty for 6.</summary>
    public required byte[] BlockMinimums { get; init; }

    /// <summary>[N, K/256].</summary>
    public required float[] Scales { get; init; }

    /// <summary>[N, K/256] for 4 bits; empty for 6.</summary>
    public required float[] MinimumScales { get; init; }

    /// <summary>Bytes of the arrays of such a matrix.</summary>
    /// <param name="values">N · K.</param>
    /// <param name="bits">4 or 6.</param>
    public static long Bytes(long values, int bits) => values + (values / 16) + (values / SuperBlock * (bits == 4 ? 2 : 1) * sizeof(float));

    /// <summary>Values of a row, in ggml's order of products.</summary>
    /// <param name="row">Row.</param>
    /// <param name="values">[K].</param>
    public void Row(int row, Span<float> values)
    {
        var (blockInputs, from) = (Bits == 4 ? 32 : 16, row * Inputs);
        for (var b = 0; b < Inputs / blockInputs; b++)
        {
            var (block, super) = ((from / blockInputs) + b, (from + (b * blockInputs)) / SuperBlock);
            var step = Scales[super] * BlockScales[block];
            var codes = Codes.AsSpan(from + (b * blockInputs), blockInputs);
            var (middle, least) = Bits == 4 ? (0, MinimumScales[super] * BlockMinimums[block]) : (32, 0);
            for (var k = 0; k < codes.Length; k++)
            {
                values[(b * blockInputs) + k] = (step * (codes[k] - middle)) - least;
            }
        }
    }
}
