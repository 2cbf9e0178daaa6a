using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;

namespace InternPlatform.Inference.Runners;

/// <summary>
/// y = W x without bias; weights are packed once, as the checkpoint has them: 4-bit groups, 8-bit rows, bf16 (nothing is lost in either), else f32.
/// </summary>
internal abstract class Linear
{
    /// <summary>Reads weights that take the same input as one matrix, their rows under each other.</summary>
    /// <param name="folder">Where they are.</param>
    /// <param name="inputs">K.</param>
    /// <param name="asBFloat16">Keep floats as bf16 bits.</param>
    /// <param name="weights">Name and outputs of each.</param>
    /// <exception cref="InvalidModelException">A weight has another size.</exception>
    public static Linear Read(ModelFolder folder, int inputs, bool asBFloat16, params IReadOnlyList<(string Name, long Outputs)> weights)
    {
        if (weights.All(weight => folder.IsQuantized(weight.Name)))
        {
            return Of(QuantizedMatrix.Stack([.. weights.Select(weight => folder.ReadQuantized(weight.Name))]));
        }

        var floats = weights.Select(weight => LlamaWeights.Read(folder, weight.Name, weight.Outputs * inputs)).ToList();
        return Of(floats.Count == 1 ? floats[0] : [.. floats.SelectMany(part => part)], inputs, asBFloat16);
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

    public static Linear Of(QuantizedMatrix matrix) => matrix.Bits == 4 ? new Int4(matrix) : new Int8(matrix);

    /// <param name="x">[T, K].</param>
    /// <param name="y">[T, N].</param>
    public abstract void Invoke(ReadOnlySpan<float> x, Span<float> y);

    private static T[] Packed<T>(ReadOnlySpan<T> rows, int outputs, int inputs)
        where T : unmanaged
    {
        var panels = GC.AllocateUninitializedArray<T>(PanelLayout.PackedLength(outputs, inputs), pinned: true);
        PanelLayout.Pack(rows, outputs, inputs, panels);
        return panels;
    }

    private sealed class Float32(float[] panels, int outputs, int inputs) : Linear
    {
        public override void Invoke(ReadOnlySpan<float> x, Span<float> y) => MatMul.Invoke(x, panels, outputs, inputs, y);
    }

    private sealed class BFloat16(ushort[] panels, int outputs, int inputs) : Linear
    {
        public override void Invoke(ReadOnlySpan<float> x, Span<float> y) => MatMulBFloat16.Invoke(x, panels, outputs, inputs, y);
    }

    private sealed class Int8(QuantizedMatrix matrix) : Linear
    {
        private readonly sbyte[] panels = Packed<sbyte>(matrix.Codes, matrix.Outputs, matrix.Inputs);
        private readonly float[] scales = matrix.Scales;
        private readonly int inputs = matrix.Inputs;

        public override void Invoke(ReadOnlySpan<float> x, Span<float> y) => MatMulInt8.Invoke(x, panels, scales, inputs, y);
    }

    private sealed class Int4 : Linear
    {
        private readonly uint[] panels;
        private readonly float[] scales;
        private readonly byte[] zeros;
        private readonly int outputs;
        private readonly int inputs;
        private readonly int group;

        public Int4(QuantizedMatrix matrix)
        {
            (outputs, inputs, group) = (matrix.Outputs, matrix.Inputs, matrix.GroupSize);
            panels = GC.AllocateUninitializedArray<uint>(MatMulInt4.PackedLength(outputs, inputs), pinned: true);
            MatMulInt4.Pack(matrix.Codes, outputs, inputs, panels);
            scales = Packed<float>(matrix.Scales, outputs, matrix.Groups);
            zeros = Packed<byte>(Array.ConvertAll(matrix.Zeros, zero => (byte)zero), outputs, matrix.Groups);
        }

        public override void Invoke(ReadOnlySpan<float> x, Span<float> y) => MatMulInt4.Invoke(x, panels, scales, zeros, outputs, inputs, group, y);
    }
}
