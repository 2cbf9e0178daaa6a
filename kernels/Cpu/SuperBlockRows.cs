namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// Rows of a matrix in super-blocks of 256 inputs, taken apart: w[n, k] = Scales[n, k/256] · BlockScales[n, b] · (Codes[n, k] − middle) − MinimumScales[n, k/256] · BlockMinimums[n, b],
/// b = k/32 and no middle where there are minimums, else b = k/16.
/// </summary>
public readonly ref struct SuperBlockRows
{
    /// <summary>N.</summary>
    public required int Outputs { get; init; }

    /// <summary>K.</summary>
    public required int Inputs { get; init; }

    /// <summary>[N, K].</summary>
    public required ReadOnlySpan<sbyte> Codes { get; init; }

    /// <summary>[N, K/32] or [N, K/16].</summary>
    public required ReadOnlySpan<sbyte> BlockScales { get; init; }

    /// <summary>[N, K/32], or empty.</summary>
    public ReadOnlySpan<byte> BlockMinimums { get; init; }

    /// <summary>[N, K/256], as halves hold them.</summary>
    public required ReadOnlySpan<float> Scales { get; init; }

    /// <summary>[N, K/256], or empty.</summary>
    public ReadOnlySpan<float> MinimumScales { get; init; }

    internal void Require(int scaleInputs, bool hasMinimums)
    {
        var (values, supers) = ((long)Outputs * Inputs, (long)Outputs * Inputs / MatMulQ4K.SuperBlockInputs);
        Shape.Require(Inputs > 0 && Inputs % MatMulQ4K.SuperBlockInputs == 0, nameof(Inputs), $"{Inputs} inputs are no whole super-blocks of {MatMulQ4K.SuperBlockInputs}");
        Shape.Require(Codes.Length == values, nameof(Codes), $"{Codes.Length} codes, not {Outputs} x {Inputs}");
        Shape.Require(BlockScales.Length == values / scaleInputs, nameof(BlockScales), $"{BlockScales.Length} scales, not {values / scaleInputs}");
        Shape.Require(BlockMinimums.Length == (hasMinimums ? BlockScales.Length : 0), nameof(BlockMinimums), $"{BlockMinimums.Length} minimums for {BlockScales.Length} scales");
        Shape.Require(Scales.Length == supers, nameof(Scales), $"{Scales.Length} scales, not {supers}");
        Shape.Require(MinimumScales.Length == (hasMinimums ? supers : 0), nameof(MinimumScales), $"{MinimumScales.Length} minimums' scales for {supers} super-blocks");
        HalfScales.Require(Scales, nameof(Scales));
        HalfScales.Require(MinimumScales, nameof(MinimumScales));
    }
}
