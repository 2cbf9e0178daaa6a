using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu.Training;

/// <summary>
/// Turns pairs (x[j], x[j + N/2]) of each head by the angle of a position (Su et al. 2021, Hugging Face's half-split order):
/// y[j] = x[j]·cos[j] − x[j + N/2]·sin[j], y[j + N/2] = x[j + N/2]·cos[j] + x[j]·sin[j]. The gradient is the same with −sin.
/// </summary>
public static class RotaryHeads
{
    /// <summary>The definition, in float64.</summary>
    /// <param name="x">[N].</param>
    /// <param name="angles">Angle of each pair in radians, [N/2].</param>
    /// <param name="direction">1 forward, −1 for the gradient.</param>
    /// <param name="y">[N]; must not overlap <paramref name="x"/>.</param>
    public static void Reference(ReadOnlySpan<double> x, ReadOnlySpan<double> angles, double direction, Span<double> y)
    {
        var half = angles.Length;
        for (var j = 0; j < half; j++)
        {
            var (sin, cos) = Math.SinCos(direction * angles[j]);
            y[j] = (x[j] * cos) - (x[j + half] * sin);
            y[j + half] = (x[j + half] * cos) + (x[j] * sin);
        }
    }

    /// <summary>One head of one token, float32.</summary>
    /// <param name="x">[N].</param>
    /// <param name="cos">[N/2].</param>
    /// <param name="sin">[N/2].</param>
    /// <param name="direction">1 forward, −1 for the gradient.</param>
    /// <param name="y">[N]; must not overlap <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Invoke(ReadOnlySpan<float> x, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, float direction, Span<float> y) =>
        Turn<float, Single32>(x, cos, sin, direction, y);

    /// <summary>One head of one token, bfloat16 bits; arithmetic in float32.</summary>
    /// <param name="x">[N].</param>
    /// <param name="cos">[N/2].</param>
    /// <param name="sin">[N/2].</param>
    /// <param name="direction">1 forward, −1 for the gradient.</param>
    /// <param name="y">[N]; must not overlap <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Invoke(ReadOnlySpan<ushort> x, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, float direction, Span<ushort> y) =>
        Turn<ushort, Brain16>(x, cos, sin, direction, y);

    /// <summary>y = Σ of the rows, in float32: brings the gradients of heads that share one key head together.</summary>
    /// <param name="x">First row starts at 0.</param>
    /// <param name="rows">How many.</param>
    /// <param name="stride">Elements between row starts.</param>
    /// <param name="y">[N]; written.</param>
    public static void SumRows(ReadOnlySpan<ushort> x, int rows, int stride, Span<ushort> y) => Sum<ushort, Brain16>(x, rows, stride, y);

    /// <summary>y = Σ of the rows.</summary>
    /// <param name="x">First row starts at 0.</param>
    /// <param name="rows">How many.</param>
    /// <param name="stride">Elements between row starts.</param>
    /// <param name="y">[N]; written.</param>
    public static void SumRows(ReadOnlySpan<float> x, int rows, int stride, Span<float> y) => Sum<float, Single32>(x, rows, stride, y);

    private static void Turn<T, TElement>(ReadOnlySpan<T> x, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, float direction, Span<T> y)
        where T : struct
        where TElement : struct, IElement<T>
    {
        var half = cos.Length;
        if (x.Length != 2 * half || y.Length != x.Length || sin.Length != half)
        {
            throw new ArgumentException($"A head has {x.Length} and {y.Length} elements, its angles {half} and {sin.Length}.");
        }

        ReadOnlySpan<T> x1 = x[..half], x2 = x[half..];
        Span<T> y1 = y[..half], y2 = y[half..];
        var j = 0;
        for (; j + 8 <= half; j += 8)
        {
            Vector256<float> a = TElement.Load(x1, j), b = TElement.Load(x2, j), c = Single32.Load(cos, j), s = Single32.Load(sin, j) * direction;
            TElement.Store((a * c) - (b * s), y1, j);
            TElement.Store((b * c) + (a * s), y2, j);
        }

        for (; j < half; j++)
        {
            float a = TElement.ToSingle(x1[j]), b = TElement.ToSingle(x2[j]), c = cos[j], s = sin[j] * direction;
            y1[j] = TElement.FromSingle((a * c) - (b * s));
            y2[j] = TElement.FromSingle((b * c) + (a * s));
        }
    }

    private static void Sum<T, TElement>(ReadOnlySpan<T> x, int rows, int stride, Span<T> y)
        where T : struct
        where TElement : struct, IElement<T>
    {
        var j = 0;
        for (; j + 8 <= y.Length; j += 8)
        {
            var sum = TElement.Load(x, j);
            for (var row = 1; row < rows; row++)
            {
                sum += TElement.Load(x, (row * stride) + j);
            }

            TElement.Store(sum, y, j);
        }

        for (; j < y.Length; j++)
        {
            var sum = 0f;
            for (var row = 0; row < rows; row++)
            {
                sum += TElement.ToSingle(x[(row * stride) + j]);
            }

            y[j] = TElement.FromSingle(sum);
        }
    }
}
