using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;
using InternPlatform.Tensors;

namespace InternPlatform.Inference.Runners;

/// <summary>Rows of the token embedding, [V, D], kept as the checkpoint has them.</summary>
internal abstract class EmbeddingTable
{
    /// <param name="source">The model.</param>
    /// <param name="asBFloat16">Keep floats as bf16 bits.</param>
    public static EmbeddingTable Read(IModelSource source, bool asBFloat16)
    {
        if (source.EncodingOf(WeightNames.Embedding) is not null)
        {
            return new FewBits(source.ReadQuantized(WeightNames.Embedding));
        }

        var config = source.Config;
        var rows = LlamaWeights.Read(source, WeightNames.Embedding, config.VocabularySize * (long)config.HiddenSize);
        if (!asBFloat16)
        {
            return new Float32(rows);
        }

        var bits = new ushort[rows.Length];
        MatMulBFloat16.Round(rows, bits);
        return new BFloat16(bits);
    }

    /// <summary>Bytes of a table.</summary>
    public static long Bytes(ModelConfig config, WeightEncoding? encoding, int element)
    {
        var values = config.VocabularySize * (long)config.HiddenSize;
        return encoding is { } few ? values + (values / few.GroupSize * (sizeof(float) + 1)) : values * element;
    }

    /// <param name="token">Row.</param>
    /// <param name="values">[D].</param>
    public abstract void Row(int token, Span<float> values);

    private sealed class Float32(float[] rows) : EmbeddingTable
    {
        public override void Row(int token, Span<float> values) => rows.AsSpan(token * values.Length, values.Length).CopyTo(values);
    }

    private sealed class BFloat16(ushort[] rows) : EmbeddingTable
    {
        public override void Row(int token, Span<float> values) => FloatConversion.FromBFloat16(rows.AsSpan(token * values.Length, values.Length), values);
    }

    private sealed class FewBits(QuantizedMatrix rows) : EmbeddingTable
    {
        public override void Row(int token, Span<float> values)
        {
            for (var k = 0; k < values.Length; k++)
            {
                var at = (token * values.Length) + k;
                values[k] = (rows.Codes[at] - rows.Zeros[at / rows.GroupSize]) * rows.Scales[at / rows.GroupSize];
            }
        }
    }
}
