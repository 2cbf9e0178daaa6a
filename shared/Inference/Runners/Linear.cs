using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;

namespace InternPlatform.Inference.Runners;

/// <summary>
/// y = W x + b, b where the model has one; weights are packed once, as the checkpoint has them: 4-bit groups, 8-bit rows, bf16 (nothing is lost in either), else f32.
/// Products that are worth it fall into parts of outputs, which changes no bit.
/// </summary>
internal abstract class Linear(int outputs, int inputs, int units) : IPartedWork
{
    // Below it, handing over costs more than a helper saves.
    private const long WorthSharing = 1 << 19;
    private const int MostParts = 16;

    private float[] x = [];
    private float[] y = [];
    private float[] bias = [];
    private int tokens;
    private int parts;

    protected int Outputs { get; } = outputs;

    protected int Inputs { get; } = inputs;

    /// <summary>Reads weights that take the same input as one matrix, their rows under each other.</summary>
    /// <param name="source">Where they are.</param>
    /// <param name="inputs">K.</param>
    /// <param name="asBFloat16">Keep floats as bf16 bits.</param>
    /// <param name="hasBias">Whether each has a bias.</param>
    /// <param name="weights">Name and outputs of each.</param>
    /// <exception cref="InvalidModelException">A weight has another size.</exception>
    public static Linear Read(IModelSource source, int inputs, bool asBFloat16, bool hasBias, params IReadOnlyList<(string Name, long Outputs)> weights)
    {
        var linear = Read(source, inputs, asBFloat16, weights);
        linear.bias = hasBias ? [.. weights.SelectMany(weight => LlamaWeights.Read(source, LayerWeightNames.Bias(weight.Name), weight.Outputs))] : [];
        return linear;
    }

    private static Linear Read(IModelSource source, int inputs, bool asBFloat16, IReadOnlyList<(string Name, long Outputs)> weights)
    {
        if (source.EncodingOf(weights[0].Name) is { } encoding && weights.All(weight => source.EncodingOf(weight.Name) == encoding))
        {
            return CanStrip(source, inputs, encoding, weights) ? OfStrips(source, inputs, encoding, weights)
                : Of(QuantizedMatrix.Stack([.. weights.Select(weight => source.ReadQuantized(weight.Name))]));
        }

        var floats = weights.Select(weight => LlamaWeights.Read(source, weight.Name, weight.Outputs * inputs)).ToList();
        return Of(floats.Count == 1 ? floats[0] : Joined(floats), inputs, asBFloat16);
    }

    /// <summary>Whether each strip's rows come from one weight, in blocks as the kernels take them.</summary>
    private static bool CanStrip(IModelSource source, int inputs, WeightEncoding encoding, IReadOnlyList<(string Name, long Outputs)> weights) =>
        encoding is { GroupSize: StripLayout.BlockInputs, HasZeros: false } && inputs % StripLayout.BlockInputs == 0
        && weights.All(weight => source.RowsOf(weight.Name) is not null && weight.Outputs % StripLayout.Rows == 0);

    /// <summary>Strip by strip from the file to where it stays.</summary>
    private static Linear OfStrips(IModelSource source, int inputs, WeightEncoding encoding, IReadOnlyList<(string Name, long Outputs)> weights)
    {
        var outputs = (int)weights.Sum(weight => weight.Outputs);
        var isFour = encoding.Bits == 4;
        var packed = GC.AllocateUninitializedArray<byte>(isFour ? MatMulInt4.PackedLength(outputs, inputs, hasZeros: false) : MatMulInt8.PackedLength(outputs, inputs, hasBlockScales: true), pinned: true);
        var length = packed.Length / StripLayout.Strips(outputs);
        var rest = packed.AsSpan();
        foreach (var (name, rows) in weights)
        {
            var read = source.RowsOf(name)!;
            for (var row = 0; row < rows; row += StripLayout.Rows, rest = rest[length..])
            {
                var strip = read(row, StripLayout.Rows);
                if (isFour)
                {
                    MatMulInt4.Pack(strip.Codes, strip.Scales, [], StripLayout.Rows, inputs, rest[..length]);
                }
                else
                {
                    MatMulInt8.Pack(strip.Codes, strip.Scales, StripLayout.Rows, inputs, rest[..length]);
                }
            }
        }

        return isFour ? new Int4(packed, hasZeros: false, outputs, inputs) : new Int8(packed, [], outputs, inputs);
    }

    /// <param name="rows">[N, K].</param>
    /// <param name="inputs">K.</param>
    /// <param name="asBFloat16">Keep bf16 bits.</param>
    public static Linear Of(float[] rows, int inputs, bool asBFloat16)
    {
        var outputs = rows.Length / inputs;
        if (!asBFloat16)
        {
            return new Float32(Packed<float>(rows, outputs, inputs), outputs, inputs);
        }

        var bits = new ushort[rows.Length];
        MatMulBFloat16.Round(rows, bits);
        return new BFloat16(Packed<ushort>(bits, outputs, inputs), outputs, inputs);
    }

    /// <summary>Integer products need one scale a row or whole blocks of 32 inputs in a group; what has other groups is multiplied as floats.</summary>
    public static Linear Of(QuantizedMatrix matrix) => matrix switch
    {
        { Bits: 8 } when matrix.GroupSize == matrix.Inputs || matrix.GroupSize == StripLayout.BlockInputs => Int8.From(matrix),
        { Bits: 4 } when matrix.GroupSize % StripLayout.BlockInputs == 0 => Int4.From(matrix),
        _ => Of(matrix.Dequantize(), matrix.Inputs, asBFloat16: false),
    };

    /// <summary>Bytes of a packed matrix.</summary>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="encoding">How it is stored; null: as floats.</param>
    /// <param name="element">Bytes of a float here.</param>
    public static long Bytes(long outputs, long inputs, WeightEncoding? encoding, int element) => encoding switch
    {
        { Bits: 8 } few when few.GroupSize == inputs => MatMulInt8.PackedLength((int)outputs, (int)inputs, hasBlockScales: false) + (outputs * sizeof(float)),
        { Bits: 8, GroupSize: StripLayout.BlockInputs } => MatMulInt8.PackedLength((int)outputs, (int)inputs, hasBlockScales: true),
        { Bits: 4 } few when few.GroupSize % StripLayout.BlockInputs == 0 => MatMulInt4.PackedLength((int)outputs, (int)inputs, few.HasZeros),
        { } => outputs * inputs * sizeof(float),
        null => outputs * inputs * element,
    };

    /// <param name="scratch">Threads, and room for the input in 8 bits.</param>
    /// <param name="input">Begins with [T, K].</param>
    /// <param name="output">Begins with [T, N] then.</param>
    /// <param name="count">T.</param>
    public void Invoke(StepScratch scratch, float[] input, float[] output, int count)
    {
        (x, y, tokens) = (input, output, count);
        parts = (long)tokens * Outputs * Inputs < WorthSharing ? 1 : Math.Min(MostParts, units);
        Take(scratch, input.AsSpan(0, tokens * Inputs));
        scratch.Pool.Run(this, parts);
        for (var t = 0; t < tokens && bias.Length > 0; t++)
        {
            Add.Invoke(bias, y.AsSpan(t * Outputs, Outputs));
        }
    }

    public void Run(int part)
    {
        var (from, to) = (units * part / parts, units * (part + 1) / parts);
        Multiply(x.AsSpan(0, tokens * Inputs), from, to - from, y.AsSpan(0, tokens * Outputs));
    }

    /// <summary>Before the parts begin.</summary>
    protected virtual void Take(StepScratch scratch, ReadOnlySpan<float> input)
    {
    }

    /// <summary>Some of the units that the matrix falls into.</summary>
    protected abstract void Multiply(ReadOnlySpan<float> input, int first, int count, Span<float> output);

    private static float[] Joined(List<float[]> parts)
    {
        var joined = GC.AllocateUninitializedArray<float>(parts.Sum(part => part.Length));
        var at = 0;
        foreach (var part in parts)
        {
            part.CopyTo(joined, at);
            at += part.Length;
        }

        return joined;
    }

    private static T[] Packed<T>(ReadOnlySpan<T> rows, int outputs, int inputs)
        where T : unmanaged
    {
        var panels = GC.AllocateUninitializedArray<T>(PanelLayout.PackedLength(outputs, inputs), pinned: true);
        PanelLayout.Pack(rows, outputs, inputs, panels);
        return panels;
    }

    private sealed class Float32(float[] panels, int outputs, int inputs) : Linear(outputs, inputs, PanelLayout.Count(outputs))
    {
        protected override void Multiply(ReadOnlySpan<float> input, int first, int count, Span<float> output) =>
            MatMul.Invoke(input, panels, Outputs, Inputs, first, count, output);
    }

    private sealed class BFloat16(ushort[] panels, int outputs, int inputs) : Linear(outputs, inputs, PanelLayout.Count(outputs))
    {
        protected override void Multiply(ReadOnlySpan<float> input, int first, int count, Span<float> output) =>
            MatMulBFloat16.Invoke(input, panels, Outputs, Inputs, first, count, output);
    }

    private sealed class Int8(byte[] strips, float[] scales, int outputs, int inputs) : Linear(outputs, inputs, StripLayout.Strips(outputs))
    {
        private ActivationBlocks activations = null!;

        public static Int8 From(QuantizedMatrix matrix)
        {
            var hasBlockScales = matrix.GroupSize != matrix.Inputs;
            var strips = GC.AllocateUninitializedArray<byte>(MatMulInt8.PackedLength(matrix.Outputs, matrix.Inputs, hasBlockScales), pinned: true);
            MatMulInt8.Pack(matrix.Codes, hasBlockScales ? matrix.Scales : [], matrix.Outputs, matrix.Inputs, strips);
            return new(strips, hasBlockScales ? [] : matrix.Scales, matrix.Outputs, matrix.Inputs);
        }

        protected override void Take(StepScratch scratch, ReadOnlySpan<float> input) => (activations = scratch.Activations).Quantize(input, Inputs);

        protected override void Multiply(ReadOnlySpan<float> input, int first, int count, Span<float> output) =>
            MatMulInt8.Invoke(activations, strips, scales, Outputs, first, count, output);
    }

    private sealed class Int4(byte[] strips, bool hasZeros, int outputs, int inputs) : Linear(outputs, inputs, StripLayout.Strips(outputs))
    {
        private ActivationBlocks activations = null!;

        public static Int4 From(QuantizedMatrix matrix)
        {
            var hasZeros = matrix.Zeros.AsSpan().ContainsAnyExcept(MatMulInt4.Middle);
            var strips = GC.AllocateUninitializedArray<byte>(MatMulInt4.PackedLength(matrix.Outputs, matrix.Inputs, hasZeros), pinned: true);
            MatMulInt4.Pack(matrix.Codes, matrix.Scales, hasZeros ? matrix.Zeros : [], matrix.Outputs, matrix.Inputs, strips);
            return new(strips, hasZeros, matrix.Outputs, matrix.Inputs);
        }

        protected override void Take(StepScratch scratch, ReadOnlySpan<float> input) => (activations = scratch.Activations).Quantize(input, Inputs);

        protected override void Multiply(ReadOnlySpan<float> input, int first, int count, Span<float> output) =>
            MatMulInt4.Invoke(activations, strips, hasZeros, Outputs, first, count, output);
    }
}
