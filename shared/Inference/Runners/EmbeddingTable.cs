using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;
using InternPlatform.Tensors;

namespace InternPlatform.Inference.Runners;

/// <summary>Rows of the token embedding, [V, D], kept as the checkpoint has them.</summary>
internal abstract class EmbeddingTable
{
    /// <param name="source">The model.</param>
    public static EmbeddingTable Read(IModelSource source)
    {
        var (config, rows) = (source.Config, source.RowsOf(WeightNames.Embedding));
        return source.EncodingOf(WeightNames.Embedding) switch
        {
            { IsSuperBlocks: true } => new SuperBlocks(rows.SuperBlocks(0, config.VocabularySize)),
            { } => new FewBits(rows.Codes(0, config.VocabularySize)),
            null when source.FloatTypeOf(WeightNames.Embedding) == DType.BF16 => BFloat16.From(rows, config.VocabularySize, config.HiddenSize),
            null when source.FloatTypeOf(WeightNames.Embedding) == DType.F16 => Float16.From(rows, config.VocabularySize, config.HiddenSize),
            null => new Float32(LlamaWeights.Read(source, WeightNames.Embedding, config.VocabularySize * (long)config.HiddenSize)),
        };
    }

    /// <summary>Bytes of a table.</summary>
    public static long Bytes(ModelConfig config, WeightEncoding? encoding, DType type)
    {
        var values = config.VocabularySize * (long)config.HiddenSize;
        return encoding switch
        {
            { IsSuperBlocks: true } super => SuperBlockMatrix.Bytes(values, super.Bits),
            { } few => values + (values / few.GroupSize * (sizeof(float) + 1)),
            null => values * type.Bytes(),
        };
    }

    /// <param name="token">Row.</param>
    /// <param name="values">[D].</param>
    public abstract void Row(int token, Span<float> values);

    private static T[] Narrowed<T>(WeightRows rows, int tokens, int width, Action<ReadOnlySpan<float>, Span<T>> narrow)
    {
        const int atOnce = 64;
        var narrowed = GC.AllocateUninitializedArray<T>(tokens * width);
        for (var first = 0; first < tokens; first += atOnce)
        {
            var count = Math.Min(atOnce, tokens - first);
            narrow(rows.Floats(first, count), narrowed.AsSpan(first * width, count * width));
        }

        return narrowed;
    }

    private sealed class Float32(float[] rows) : EmbeddingTable
    {
        public override void Row(int token, Span<float> values) => rows.AsSpan(token * values.Length, values.Length).CopyTo(values);
    }

    private sealed class BFloat16(ushort[] rows) : EmbeddingTable
    {
        public static BFloat16 From(WeightRows rows, int tokens, int width) => new(Narrowed<ushort>(rows, tokens, width, MatMulBFloat16.Round));

        public override void Row(int token, Span<float> values) => FloatConversion.FromBFloat16(rows.AsSpan(token * values.Length, values.Length), values);
    }

    private sealed class Float16(Half[] rows) : EmbeddingTable
    {
        public static Float16 From(WeightRows rows, int tokens, int width) => new(Narrowed<Half>(rows, tokens, width, FloatConversion.ToHalf));

        public override void Row(int token, Span<float> values) => FloatConversion.FromHalf(rows.AsSpan(token * values.Length, values.Length), values);
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

    private sealed class SuperBlocks(SuperBlockMatrix rows) : EmbeddingTable
    {
        public override void Row(int token, Span<float> values) => rows.Row(token, values);
    }
}
