namespace InternPlatform.Models;

/// <summary>
/// A matrix in few bits, unpacked: w[n, k] = (Codes[n, k] − Zeros[n, g]) · Scales[n, g] with g = k / GroupSize. Every checkpoint layout is read into this
/// form and written from it.
/// </summary>
public sealed record QuantizedMatrix
{
    /// <summary>N, rows.</summary>
    public required int Outputs { get; init; }

    /// <summary>K, columns.</summary>
    public required int Inputs { get; init; }

    /// <summary>4 or 8.</summary>
    public required int Bits { get; init; }

    /// <summary>Inputs that share a scale; K for one scale a row.</summary>
    public required int GroupSize { get; init; }

    /// <summary>[N, K]: 0 to 15 for 4 bits, −127 to 127 for 8.</summary>
    public required sbyte[] Codes { get; init; }

    /// <summary>[N, K / GroupSize]: 0 to 15 for 4 bits, 0 for 8.</summary>
    public required sbyte[] Zeros { get; init; }

    /// <summary>[N, K / GroupSize].</summary>
    public required float[] Scales { get; init; }

    /// <summary>Groups of one row.</summary>
    public int Groups => Inputs / GroupSize;

    /// <summary>The values it stands for, [N, K].</summary>
    public float[] Dequantize()
    {
        var values = new float[Codes.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var group = i / GroupSize;
            values[i] = (Codes[i] - Zeros[group]) * Scales[group];
        }

        return values;
    }

    /// <summary>‖W − Ŵ‖ / ‖W‖ in the Frobenius norm; 0 for a matrix of zeros.</summary>
    /// <param name="original">W, [N, K].</param>
    public double RelativeError(ReadOnlySpan<float> original)
    {
        var (difference, whole) = (0.0, 0.0);
        for (var i = 0; i < original.Length; i++)
        {
            var group = i / GroupSize;
            var error = original[i] - ((double)(Codes[i] - Zeros[group]) * Scales[group]);
            difference += error * error;
            whole += (double)original[i] * original[i];
        }

        return whole == 0 ? 0 : Math.Sqrt(difference / whole);
    }
}
