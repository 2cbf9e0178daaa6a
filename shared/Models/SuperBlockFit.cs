using System.Buffers.Binary;

namespace InternPlatform.Models;

/// <summary>
/// Rounds values to ggml's super-blocks, whose layout <see cref="SuperBlocks"/> tells: for each group the scale (and minimum) of least weighted squares over some ways of
/// rounding its codes; then scales in few bits; then codes anew under the scales that are stored.
/// </summary>
internal static class SuperBlockFit
{
    private const int Values = SuperBlockMatrix.SuperBlock;

    public static void EncodeQ4K(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        const int size = 144, perGroup = 32, groups = Values / perGroup, most = 63;
        Span<double> steps = stackalloc double[groups], depths = stackalloc double[groups];
        Span<int> scales = stackalloc int[groups], minimums = stackalloc int[groups];
        for (var block = 0; block < values.Length / Values; block++)
        {
            var source = values.Slice(block * Values, Values);
            var target = blocks.Slice(block * size, size);
            target.Clear();
            for (var group = 0; group < groups; group++)
            {
                (steps[group], depths[group]) = WithMinimum(source.Slice(group * perGroup, perGroup));
            }

            var (step, depth) = (ToHalf(target, Largest(steps) / most), ToHalf(target[2..], Largest(depths) / most));
            for (var group = 0; group < groups; group++)
            {
                scales[group] = step == 0 ? 0 : (int)Math.Clamp(Math.Round(steps[group] / step), 0, most);
                minimums[group] = depth == 0 ? 0 : (int)Math.Clamp(Math.Round(depths[group] / depth), 0, most);
                var (scale, least) = (step * scales[group], depth * minimums[group]);
                var pairs = target.Slice(16 + (group / 2 * perGroup), perGroup);
                for (var i = 0; i < perGroup && scale > 0; i++)
                {
                    pairs[i] |= (byte)((int)Math.Clamp(Math.Round((source[(group * perGroup) + i] + least) / scale), 0, 15) << (group % 2 * 4));
                }
            }

            SuperBlocks.PackSixBits(scales, minimums, target.Slice(4, 12));
        }
    }

    public static void EncodeQ6K(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        const int size = 210, perGroup = 16, groups = Values / perGroup, most = 128, middle = 32;
        Span<double> steps = stackalloc double[groups];
        Span<byte> codes = stackalloc byte[Values];
        for (var block = 0; block < values.Length / Values; block++)
        {
            var source = values.Slice(block * Values, Values);
            var target = blocks.Slice(block * size, size);
            for (var group = 0; group < groups; group++)
            {
                steps[group] = AroundZero(source.Slice(group * perGroup, perGroup));
            }

            // The scale of largest magnitude becomes -128.
            var step = ToHalf(target[208..], Largest(steps) / -most);
            for (var group = 0; group < groups; group++)
            {
                var few = step == 0 ? 0 : (int)Math.Clamp(Math.Round(steps[group] / step), -most, most - 1);
                target[192 + group] = (byte)(sbyte)few;
                for (var i = group * perGroup; i < (group + 1) * perGroup; i++)
                {
                    codes[i] = (byte)(middle + (few == 0 ? 0 : (int)Math.Clamp(Math.Round(source[i] / (step * few)), -middle, middle - 1)));
                }
            }

            SuperBlocks.PackSixBitCodes(codes, target);
        }
    }

    /// <summary>x ≈ step · q − depth with q from 0 to 15 and depth ≥ 0; a value weighs its magnitude and the group's.</summary>
    private static (double Step, double Depth) WithMinimum(ReadOnlySpan<float> x)
    {
        const int most = 15, ways = 20;
        var (low, high, squares) = (0f, x[0], 0.0);
        foreach (var value in x)
        {
            (low, high, squares) = (Math.Min(low, value), Math.Max(high, value), squares + ((double)value * value));
        }

        if (high <= low)
        {
            return (0, -low);
        }

        var usual = Math.Sqrt(squares / x.Length);
        var (best, step, depth) = (double.MaxValue, ((double)high - low) / most, -(double)low);
        for (var way = 0; way <= ways; way++)
        {
            var inverse = (most - 1 + (0.1 * way)) / ((double)high - low);
            double w = 0, wq = 0, wqq = 0, wx = 0, wqx = 0, wxx = 0;
            foreach (var value in x)
            {
                var (weight, q) = (usual + Math.Abs(value), Math.Min(most, Math.Round((value - low) * inverse)));
                (w, wq, wqq) = (w + weight, wq + (weight * q), wqq + (weight * q * q));
                (wx, wqx, wxx) = (wx + (weight * value), wqx + (weight * q * value), wxx + (weight * value * value));
            }

            var determinant = (w * wqq) - (wq * wq);
            if (determinant <= 0)
            {
                continue;
            }

            var (s, least) = (((w * wqx) - (wx * wq)) / determinant, ((wqq * wx) - (wq * wqx)) / determinant);
            (s, least) = least > 0 ? (wqx / wqq, 0) : (s, least);
            var error = wxx + (s * s * wqq) + (least * least * w) - (2 * s * wqx) - (2 * least * wx) + (2 * s * least * wq);
            if (error < best && s >= 0)
            {
                (best, step, depth) = (error, s, -least);
            }
        }

        return (step, depth);
    }

    /// <summary>x ≈ step · q with q from −32 to 31; a value weighs its square.</summary>
    private static double AroundZero(ReadOnlySpan<float> x)
    {
        const int middle = 32, ways = 9;
        var furthest = 0f;
        foreach (var value in x)
        {
            furthest = Math.Abs(value) > Math.Abs(furthest) ? value : furthest;
        }

        if (furthest == 0)
        {
            return 0;
        }

        var (best, step) = (0.0, (double)furthest / -middle);
        for (var way = -ways; way <= ways; way++)
        {
            var inverse = -(middle + (0.1 * way)) / furthest;
            double xq = 0, qq = 0;
            foreach (var value in x)
            {
                var (weight, q) = ((double)value * value, Math.Clamp(Math.Round(value * inverse), -middle, middle - 1));
                (xq, qq) = (xq + (weight * value * q), qq + (weight * q * q));
            }

            if (qq > 0 && xq * xq > best * qq)
            {
                (best, step) = (xq * xq / qq, xq / qq);
            }
        }

        return step;
    }

    private static double Largest(ReadOnlySpan<double> values)
    {
        var largest = 0.0;
        foreach (var value in values)
        {
            largest = Math.Abs(value) > Math.Abs(largest) ? value : largest;
        }

        return largest;
    }

    /// <summary>Writes a half and says what it is read as.</summary>
    private static double ToHalf(Span<byte> target, double value)
    {
        BinaryPrimitives.WriteHalfLittleEndian(target, (Half)value);
        return (double)(Half)value;
    }
}
