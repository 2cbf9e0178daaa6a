using InternPlatform.Kernels.Cpu;

namespace InternPlatform.Inference.Runners;

/// <summary>y = W x without bias; weights packed once, as bf16 when the checkpoint has bf16 (nothing is lost), else f32.</summary>
internal sealed class Linear
{
    private readonly float[] wide = [];
    private readonly ushort[] narrow = [];
    private readonly int outputs;
    private readonly int inputs;

    /// <param name="rows">[N, K].</param>
    /// <param name="inputs">K.</param>
    /// <param name="asBFloat16">Keep bf16 bits.</param>
    public Linear(ReadOnlySpan<float> rows, int inputs, bool asBFloat16)
    {
        (outputs, this.inputs) = (rows.Length / inputs, inputs);
        var length = PanelLayout.PackedLength(outputs, inputs);
        if (asBFloat16)
        {
            var bits = new ushort[rows.Length];
            MatMulBFloat16.Round(rows, bits);
            narrow = GC.AllocateUninitializedArray<ushort>(length, pinned: true);
            PanelLayout.Pack(bits, outputs, inputs, narrow);
        }
        else
        {
            wide = GC.AllocateUninitializedArray<float>(length, pinned: true);
            PanelLayout.Pack(rows, outputs, inputs, wide);
        }
    }

    /// <param name="x">[T, K].</param>
    /// <param name="y">[T, N].</param>
    public void Invoke(ReadOnlySpan<float> x, Span<float> y)
    {
        if (narrow.Length > 0)
        {
            MatMulBFloat16.Invoke(x, narrow, outputs, inputs, y);
        }
        else
        {
            MatMul.Invoke(x, wide, outputs, inputs, y);
        }
    }
}
