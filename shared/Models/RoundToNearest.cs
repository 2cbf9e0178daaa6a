using InternPlatform.Tensors;

namespace InternPlatform.Models;

/// <summary>
/// Weights in few bits without any calibration: each value goes to the nearest step of its group's scale. Values are the same for the same input,
/// wherever it runs.
/// </summary>
public static class RoundToNearest
{
    private const int MostCode4 = 15;
    private const int MostCode8 = 127;

    // LMDeploy's floor for 4 bits: a smaller scale would lose its digits in f16.
    private const float LeastScale4 = 1e-5f;
    private static readonly float MostScale4 = (float)Half.MaxValue;

    /// <summary>Group sizes to offer, the most precise last.</summary>
    private static readonly int[] UsualGroups = [128, 64, 32, 16, 8];

    /// <summary>Why a model cannot be stored so, and what would do.</summary>
    /// <returns>Null: it can.</returns>
    public static string? Refusal(ModelConfig config, QuantizationConfig quantization)
    {
        var matrices = WeightNames.All(config).Where(weight => quantization.Converts(weight.Name, weight.Shape)).ToList();
        if (matrices.Select(weight => quantization.Refusal(weight.Name, weight.Shape)).FirstOrDefault(refusal => refusal is not null) is not { } reason)
        {
            return null;
        }

        var fitting = UsualGroups.Where(size => matrices.TrueForAll(weight => QuantizationConfig.FourBits(size).Refusal(weight.Name, weight.Shape) is null)).ToList();
        return $"{char.ToUpperInvariant(reason[0])}{reason[1..]} " + (fitting.Count > 0 ? $"Group sizes that fit this model: {string.Join(", ", fitting)}." : "Use 8 bits for this model.");
    }

    /// <summary>
    /// 4 bits, asymmetric, for each row and group: s = max((max − min) / 15, 1e-5) rounded to f16, z = round(−min / s), q = clamp(round(w / s) + z, 0, 15);
    /// the range always holds zero, so that z has four bits.
    /// </summary>
    /// <param name="values">[N, K].</param>
    /// <param name="inputs">K, a multiple of <paramref name="groupSize"/>.</param>
    /// <param name="groupSize">Inputs that share a scale.</param>
    /// <exception cref="ArgumentException">A value is not finite, or its group is too wide for f16 scales; or the lengths do not fit.</exception>
    /// <remarks>|w − ŵ| ≤ s · (½ + 2⁻⁷) inside the group's range.</remarks>
    public static QuantizedMatrix FourBits(ReadOnlySpan<float> values, int inputs, int groupSize)
    {
        if (inputs <= 0 || groupSize <= 0 || inputs % groupSize != 0 || values.Length % inputs != 0)
        {
            throw new ArgumentException($"{values.Length} values of rows of {inputs} are not groups of {groupSize}.", nameof(groupSize));
        }

        var (codes, zeros, scales) = (new sbyte[values.Length], new sbyte[values.Length / groupSize], new float[values.Length / groupSize]);
        for (var group = 0; group < scales.Length; group++)
        {
            var part = values.Slice(group * groupSize, groupSize);
            var (least, most) = Range(part);
            var scale = (float)(Half)Math.Max((most - least) / MostCode4, LeastScale4);
            if (!(scale <= MostScale4))
            {
                throw new ArgumentException($"A group ranges from {least:g4} to {most:g4}, too wide for 4 bits with f16 scales.", nameof(values));
            }

            var zero = Math.Clamp((int)MathF.Round(-least / scale), 0, MostCode4);
            (scales[group], zeros[group]) = (scale, (sbyte)zero);
            for (var i = 0; i < part.Length; i++)
            {
                codes[(group * groupSize) + i] = (sbyte)Math.Clamp((int)MathF.Round(part[i] / scale) + zero, 0, MostCode4);
            }
        }

        return new() { Outputs = values.Length / inputs, Inputs = inputs, Bits = 4, GroupSize = groupSize, Codes = codes, Zeros = zeros, Scales = scales };
    }

    /// <summary>8 bits, symmetric, for each row: s = max|w| / 127, q = round(w / s). A row of zeros has the scale 1.</summary>
    /// <param name="values">[N, K].</param>
    /// <param name="inputs">K.</param>
    /// <exception cref="ArgumentException">A value is not finite, or there are no whole rows.</exception>
    /// <remarks>|w − ŵ| ≤ s / 2.</remarks>
    public static QuantizedMatrix EightBits(ReadOnlySpan<float> values, int inputs)
    {
        if (inputs <= 0 || values.Length % inputs != 0)
        {
            throw new ArgumentException($"{values.Length} values are not rows of {inputs}.", nameof(inputs));
        }

        var (codes, scales) = (new sbyte[values.Length], new float[values.Length / inputs]);
        for (var row = 0; row < scales.Length; row++)
        {
            var part = values.Slice(row * inputs, inputs);
            var (least, most) = Range(part);
            var largest = Math.Max(-least, most);
            var scale = largest / MostCode8;
            // A row of zeros, or of values so small that their scale underflows, has nothing to keep.
            scales[row] = scale > 0 ? scale : 1;
            for (var i = 0; i < part.Length; i++)
            {
                codes[(row * inputs) + i] = (sbyte)Math.Clamp(MathF.Round(part[i] / scales[row]), -MostCode8, MostCode8);
            }
        }

        return new() { Outputs = scales.Length, Inputs = inputs, Bits = 8, GroupSize = inputs, Codes = codes, Zeros = new sbyte[scales.Length], Scales = scales };
    }

    /// <summary>The weights of a float model with its matrices rounded, ready for <see cref="ModelFolderWriter"/>; others keep their bytes.</summary>
    /// <param name="folder">A model that is not quantised.</param>
    /// <param name="quantization">How to store it.</param>
    /// <param name="rounded">Told of each matrix: its name and ‖W − Ŵ‖ / ‖W‖.</param>
    /// <param name="cancellationToken">Looked at between weights.</param>
    /// <exception cref="InvalidModelException">The model is quantised already, its shape does not fit, or a weight cannot be rounded.</exception>
    public static IReadOnlyList<(string Name, DType DType, long[] Shape, ReadOnlyMemory<byte> Data)> Quantize(
        ModelFolder folder, QuantizationConfig quantization, Action<string, double> rounded, CancellationToken cancellationToken)
    {
        if (folder.Config.Quantization is { } already)
        {
            throw new InvalidModelException(folder.Path, $"the model has {already.Bits}-bit weights already. Quantise the model that it was made from.");
        }

        if (Refusal(folder.Config, quantization) is { } refusal)
        {
            throw new InvalidModelException(folder.Path, refusal);
        }

        var tensors = new List<(string Name, DType DType, long[] Shape, ReadOnlyMemory<byte> Data)>();
        foreach (var (name, shape) in WeightNames.All(folder.Config))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!quantization.Converts(name, shape))
            {
                tensors.Add((name, folder.Entry(name).DType, shape, folder.Bytes(name).ToArray()));
                continue;
            }

            var values = folder.ReadFloats(name);
            var matrix = Round(folder, name, values, (int)shape[1], quantization);
            rounded(name, matrix.RelativeError(values));
            tensors.AddRange(quantization.Layout == QuantizationLayout.Awq ? AwqFormat.Write(name, matrix) : Int8Format.Write(name, matrix));
        }

        return tensors;
    }

    private static QuantizedMatrix Round(ModelFolder folder, string name, float[] values, int inputs, QuantizationConfig quantization)
    {
        try
        {
            return quantization.Layout == QuantizationLayout.Awq ? FourBits(values, inputs, quantization.GroupSize) : EightBits(values, inputs);
        }
        catch (ArgumentException e)
        {
            throw new InvalidModelException(folder.Path, $"'{name}' cannot be rounded: {e.Message}", e);
        }
    }

    private static (float Least, float Most) Range(ReadOnlySpan<float> values)
    {
        var (least, most) = (0f, 0f);
        foreach (var value in values)
        {
            if (!float.IsFinite(value))
            {
                throw new ArgumentException($"A value is {value}, not a number.", nameof(values));
            }

            (least, most) = (Math.Min(least, value), Math.Max(most, value));
        }

        return (least, most);
    }
}
