namespace InternPlatform.Training.Model;

/// <summary>cos and sin of position · theta^(−2j/N), for positions 0 … T − 1 and j = 0 … N/2 − 1.</summary>
internal sealed class RotaryTable
{
    public RotaryTable(int positions, int headDim, double theta)
    {
        Half = headDim / 2;
        Cos = new float[positions * Half];
        Sin = new float[positions * Half];
        for (var at = 0; at < Cos.Length; at++)
        {
            var (sin, cos) = Math.SinCos(at / Half * Math.Pow(theta, -2.0 * (at % Half) / headDim));
            (Cos[at], Sin[at]) = ((float)cos, (float)sin);
        }
    }

    /// <summary>N/2.</summary>
    public int Half { get; }

    /// <summary>[T, N/2].</summary>
    public float[] Cos { get; }

    /// <summary>[T, N/2].</summary>
    public float[] Sin { get; }
}
