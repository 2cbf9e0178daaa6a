namespace InternPlatform.Models;

/// <summary>Where the scales of a quantised checkpoint lie and how its values are packed.</summary>
public enum QuantizationLayout
{
    /// <summary>4 bits in int32 words, a scale and a zero point for each group of inputs: <c>quant_method</c> "awq", version "gemm" (Lin et al. 2023).</summary>
    Awq,

    /// <summary>8 bits, one scale for each output row: <c>quant_method</c> "smooth_quant", <c>quant_dtype</c> "int8" (Xiao et al. 2022).</summary>
    Int8Rows,
}

/// <summary><c>quantization_config</c> of a <c>config.json</c>: how the matrices inside the layers are stored. Embedding, output matrix and norms never are.</summary>
public sealed record QuantizationConfig
{
    /// <summary>Group sizes are multiples of it: eight 4-bit values are one word.</summary>
    public const int GroupStep = 8;

    internal const string AwqMethod = "awq";
    internal const string SmoothQuantMethod = "smooth_quant";

    /// <summary>How values are packed.</summary>
    public required QuantizationLayout Layout { get; init; }

    /// <summary><c>quant_method</c>.</summary>
    public string Method => Layout == QuantizationLayout.Awq ? AwqMethod : SmoothQuantMethod;

    /// <summary>Bits of one value.</summary>
    public int Bits => Layout == QuantizationLayout.Awq ? 4 : 8;

    /// <summary>Inputs that share a scale, <c>group_size</c>; 0: all of a row.</summary>
    public int GroupSize { get; init; }

    /// <summary><c>modules_to_not_convert</c>: modules whose name holds one of these texts are stored as floats.</summary>
    public IReadOnlyList<string> NotConverted { get; init; } = [];

    /// <summary>4 bits in groups.</summary>
    /// <param name="groupSize">Inputs that share a scale.</param>
    public static QuantizationConfig FourBits(int groupSize) => new() { Layout = QuantizationLayout.Awq, GroupSize = groupSize };

    /// <summary>8 bits, one scale for each output row.</summary>
    public static QuantizationConfig EightBits() => new() { Layout = QuantizationLayout.Int8Rows };

    /// <summary>Whether this weight, by its float name, is stored in few bits.</summary>
    /// <param name="weightName">A name of <see cref="WeightNames"/>.</param>
    /// <param name="shape">Its shape as floats, [out, in].</param>
    public bool Converts(string weightName, IReadOnlyList<long> shape)
    {
        var module = QuantizedNames.Module(weightName);
        return shape.Count == 2 && weightName is not (WeightNames.Embedding or WeightNames.LmHead) && !NotConverted.Any(part => module.Contains(part, StringComparison.Ordinal));
    }

    /// <summary>How a matrix of this shape is stored.</summary>
    /// <param name="shape">[out, in].</param>
    public WeightEncoding EncodingOf(IReadOnlyList<long> shape) =>
        new(Bits, Layout == QuantizationLayout.Int8Rows || GroupSize == 0 ? (int)shape[1] : GroupSize, HasZeros: Layout == QuantizationLayout.Awq);

    /// <summary>Why a matrix cannot be stored so.</summary>
    /// <param name="weightName">Its name, for the text.</param>
    /// <param name="shape">[out, in].</param>
    /// <returns>Null: it can.</returns>
    public string? Refusal(string weightName, IReadOnlyList<long> shape)
    {
        var (outputs, inputs) = (shape[0], shape[1]);
        return outputs * inputs > Array.MaxLength ? $"'{weightName}' has {outputs * inputs} values, too many for one matrix in few bits."
            : Layout == QuantizationLayout.Int8Rows ? null
            : GroupSize < GroupStep || GroupSize % GroupStep != 0 ? $"group_size is {GroupSize}; it must be a multiple of {GroupStep}."
            : inputs % GroupSize != 0 ? $"'{weightName}' has {inputs} inputs, which groups of {GroupSize} do not divide."
            : outputs % GroupStep != 0 ? $"'{weightName}' has {outputs} outputs; eight are packed into one word."
            : null;
    }
}

/// <summary>Names that the parts of a quantised weight are stored under.</summary>
internal static class QuantizedNames
{
    private const string Suffix = ".weight";

    public static string Module(string weightName) =>
        weightName.EndsWith(Suffix, StringComparison.Ordinal) ? weightName[..^Suffix.Length] : weightName;

    public static string PackedCodes(string weightName) => Module(weightName) + ".qweight";

    public static string PackedZeros(string weightName) => Module(weightName) + ".qzeros";

    public static string GroupScales(string weightName) => Module(weightName) + ".scales";

    public static string RowScale(string weightName) => Module(weightName) + ".scale";
}
