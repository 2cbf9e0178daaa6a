using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;
using InternPlatform.Tensors;

namespace InternPlatform.Inference.Runners;

/// <summary>One matrix, packed unit by unit from the file to where it stays.</summary>
internal static class PackedLinear
{
    /// <summary>Integer products need one scale a row or whole blocks of 32 inputs in a group; what has other groups is multiplied as f32.</summary>
    /// <param name="source">Where it is.</param>
    /// <param name="name">Its name.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <exception cref="InvalidModelException">The weight is broken.</exception>
    public static Linear Read(IModelSource source, string name, int outputs, int inputs)
    {
        var rows = source.RowsOf(name);
        return source.EncodingOf(name) switch
        {
            { IsSuperBlocks: true, Bits: 4 } => Q4K.From(rows, outputs, inputs),
            { IsSuperBlocks: true } => Q6K.From(rows, outputs, inputs),
            { Bits: 8 } few when few.GroupSize == inputs || few.GroupSize == StripLayout.BlockInputs => Int8.From(rows, outputs, inputs, few.GroupSize != inputs),
            { Bits: 4 } few when few.GroupSize % StripLayout.BlockInputs == 0 => Int4.From(rows, outputs, inputs, few.HasZeros),
            null when source.FloatTypeOf(name) == DType.BF16 => BFloat16.From(rows, outputs, inputs),
            null when source.FloatTypeOf(name) == DType.F16 => Float16.From(rows, name, outputs, inputs),
            _ => Float32.From(rows, outputs, inputs),
        };
    }

    /// <summary>Bytes of a packed matrix.</summary>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="encoding">How it is stored; null: as floats.</param>
    /// <param name="type">What floats are stored as.</param>
    public static long Bytes(int outputs, int inputs, WeightEncoding? encoding, DType type) => encoding switch
    {
        { IsSuperBlocks: true, Bits: 4 } => MatMulQ4K.PackedLength(outputs, inputs),
        { IsSuperBlocks: true } => MatMulQ6K.PackedLength(outputs, inputs),
        { Bits: 8 } few when few.GroupSize == inputs => MatMulInt8.PackedLength(outputs, inputs, hasBlockScales: false) + (outputs * sizeof(float)),
        { Bits: 8, GroupSize: StripLayout.BlockInputs } => MatMulInt8.PackedLength(outputs, inputs, hasBlockScales: true),
        { Bits: 4 } few when few.GroupSize % StripLayout.BlockInputs == 0 => MatMulInt4.PackedLength(outputs, inputs, few.HasZeros),
        { } => (long)PanelLayout.Count(outputs) * PanelLayout.Rows * inputs * sizeof(float),
        null => (long)PanelLayout.Count(outputs) * PanelLayout.Rows * inputs * type.Bytes(),
    };

    private static T[] Pack<T>(int length, int outputs, int unitRows, Action<int, int, Span<T>> packRows)
    {
        var packed = GC.AllocateUninitializedArray<T>(length, pinned: true);
        var units = (outputs + unitRows - 1) / unitRows;
        var unit = length / units;
        for (var i = 0; i < units; i++)
        {
            packRows(i * unitRows, Math.Min(unitRows, outputs - (i * unitRows)), packed.AsSpan(i * unit, unit));
        }

        return packed;
    }

    private sealed class Float32(float[] panels, int outputs, int inputs) : Linear(outputs, inputs, PanelLayout.Count(outputs))
    {
        protected override bool TakesFewBits => false;

        public static Float32 From(WeightRows rows, int outputs, int inputs) => new(
            Pack<float>(PanelLayout.PackedLength(outputs, inputs), outputs, PanelLayout.Rows, (first, count, panel) => PanelLayout.Pack(rows.Floats(first, count), count, inputs, panel)), outputs, inputs);

        protected override void Multiply(ReadOnlySpan<float> input, ActivationBlocks rounded, int first, int count, Span<float> output, int stride) =>
            MatMul.Invoke(input, panels, Outputs, Inputs, first, count, output, stride);
    }

    private sealed class BFloat16(ushort[] panels, int outputs, int inputs) : Linear(outputs, inputs, PanelLayout.Count(outputs))
    {
        protected override bool TakesFewBits => false;

        public static BFloat16 From(WeightRows rows, int outputs, int inputs)
        {
            var bits = new ushort[PanelLayout.Rows * inputs];
            var panels = Pack<ushort>(PanelLayout.PackedLength(outputs, inputs), outputs, PanelLayout.Rows, (first, count, panel) =>
            {
                MatMulBFloat16.Round(rows.Floats(first, count), bits.AsSpan(0, count * inputs));
                PanelLayout.Pack(bits.AsSpan(0, count * inputs), count, inputs, panel);
            });
            return new(panels, outputs, inputs);
        }

        protected override void Multiply(ReadOnlySpan<float> input, ActivationBlocks rounded, int first, int count, Span<float> output, int stride) =>
            MatMulBFloat16.Invoke(input, panels, Outputs, Inputs, first, count, output, stride);
    }

    private sealed class Float16(Half[] panels, int outputs, int inputs) : Linear(outputs, inputs, PanelLayout.Count(outputs))
    {
        protected override bool TakesFewBits => false;

        public static Float16 From(WeightRows rows, string name, int outputs, int inputs)
        {
            var halves = new Half[PanelLayout.Rows * inputs];
            var panels = Pack<Half>(PanelLayout.PackedLength(outputs, inputs), outputs, PanelLayout.Rows, (first, count, panel) =>
            {
                var part = halves.AsSpan(0, count * inputs);
                FloatConversion.ToHalf(rows.Floats(first, count), part);
                if (!AllFinite(part))
                {
                    throw new InvalidModelException(name, "it holds a value that is not a finite number.");
                }

                PanelLayout.Pack<Half>(part, count, inputs, panel);
            });
            return new(panels, outputs, inputs);
        }

        private static bool AllFinite(ReadOnlySpan<Half> values)
        {
            foreach (var value in values)
            {
                if (!Half.IsFinite(value))
                {
                    return false;
                }
            }

            return true;
        }

        protected override void Multiply(ReadOnlySpan<float> input, ActivationBlocks rounded, int first, int count, Span<float> output, int stride) =>
            MatMulFloat16.Invoke(input, panels, Outputs, Inputs, first, count, output, stride);
    }

    private sealed class Int8(byte[] strips, float[] rowScales, int outputs, int inputs) : Linear(outputs, inputs, StripLayout.Strips(outputs))
    {
        public static Int8 From(WeightRows rows, int outputs, int inputs, bool hasBlockScales)
        {
            var rowScales = new float[hasBlockScales ? 0 : outputs];
            var strips = Pack<byte>(MatMulInt8.PackedLength(outputs, inputs, hasBlockScales), outputs, StripLayout.Rows, (first, count, strip) =>
            {
                var part = rows.Codes(first, count);
                MatMulInt8.Pack(part.Codes, hasBlockScales ? part.Scales : [], count, inputs, strip);
                part.Scales.AsSpan(0, hasBlockScales ? 0 : count).CopyTo(rowScales.AsSpan(hasBlockScales ? 0 : first));
            });
            return new(strips, rowScales, outputs, inputs);
        }

        protected override void Multiply(ReadOnlySpan<float> input, ActivationBlocks rounded, int first, int count, Span<float> output, int stride) =>
            MatMulInt8.Invoke(rounded, strips, rowScales, Outputs, first, count, output, stride);
    }

    private sealed class Int4(byte[] strips, bool hasZeros, int outputs, int inputs) : Linear(outputs, inputs, StripLayout.Strips(outputs))
    {
        public static Int4 From(WeightRows rows, int outputs, int inputs, bool hasZeros)
        {
            var strips = Pack<byte>(MatMulInt4.PackedLength(outputs, inputs, hasZeros), outputs, StripLayout.Rows, (first, count, strip) =>
            {
                var part = rows.Codes(first, count);
                MatMulInt4.Pack(part.Codes, part.Scales, hasZeros ? part.Zeros : [], count, inputs, strip);
            });
            return new(strips, hasZeros, outputs, inputs);
        }

        protected override void Multiply(ReadOnlySpan<float> input, ActivationBlocks rounded, int first, int count, Span<float> output, int stride) =>
            MatMulInt4.Invoke(rounded, strips, hasZeros, Outputs, first, count, output, stride);
    }

    private sealed class Q4K(byte[] strips, int outputs, int inputs) : Linear(outputs, inputs, StripLayout.Strips(outputs))
    {
        public static Q4K From(WeightRows rows, int outputs, int inputs) => new(
            Pack<byte>(MatMulQ4K.PackedLength(outputs, inputs), outputs, StripLayout.Rows, (first, count, strip) => MatMulQ4K.Pack(Spans(rows.SuperBlocks(first, count)), strip)), outputs, inputs);

        protected override void Multiply(ReadOnlySpan<float> input, ActivationBlocks rounded, int first, int count, Span<float> output, int stride) =>
            MatMulQ4K.Invoke(rounded, strips, Outputs, first, count, output, stride);
    }

    private sealed class Q6K(byte[] strips, int outputs, int inputs) : Linear(outputs, inputs, StripLayout.Strips(outputs))
    {
        public static Q6K From(WeightRows rows, int outputs, int inputs) => new(
            Pack<byte>(MatMulQ6K.PackedLength(outputs, inputs), outputs, StripLayout.Rows, (first, count, strip) => MatMulQ6K.Pack(Spans(rows.SuperBlocks(first, count)), strip)), outputs, inputs);

        protected override void Multiply(ReadOnlySpan<float> input, ActivationBlocks rounded, int first, int count, Span<float> output, int stride) =>
            MatMulQ6K.Invoke(rounded, strips, Outputs, first, count, output, stride);
    }

    private static SuperBlockRows Spans(SuperBlockMatrix matrix) => new()
    {
        Outputs = matrix.Outputs,
        Inputs = matrix.Inputs,
        Codes = matrix.Codes,
        BlockScales = matrix.BlockScales,
        BlockMinimums = matrix.BlockMinimums,
        Scales = matrix.Scales,
        MinimumScales = matrix.MinimumScales,
    };
}
