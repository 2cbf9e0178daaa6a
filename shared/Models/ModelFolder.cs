using InternPlatform.Tensors;
using InternPlatform.Tokenization;

namespace InternPlatform.Models;

/// <summary>
/// A Hugging Face model folder: <c>config.json</c>, the tokenizer's files, and weights in one safetensors file or several.
/// Weights have the names of <see cref="WeightNames"/>, whatever the model's own code calls them.
/// Opening checks that every weight is there in the shape that the configuration says.
/// </summary>
public sealed class ModelFolder : IModelSource
{
    private const int MaxConfigBytes = 1 << 20;
    private readonly ModelWeights weights;
    private readonly Dictionary<string, long[]> quantizedShapes;

    private ModelFolder(string path, ModelConfig config, Tokenizer tokenizer, ModelWeights weights)
    {
        Path = path;
        this.weights = weights;
        Config = config;
        Tokenizer = tokenizer;
        quantizedShapes = config.Quantization is { } quantization
            ? WeightNames.All(config).Where(weight => quantization.Converts(weight.Name, weight.Shape)).ToDictionary(weight => weight.Name, weight => weight.Shape, StringComparer.Ordinal)
            : [];
        ChatTemplateName = NameOfTemplate(tokenizer);
    }

    /// <summary>Path it was opened by.</summary>
    public string Path { get; }

    /// <summary>Shape and constants.</summary>
    public ModelConfig Config { get; }

    /// <summary>The folder's tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>
    /// Name for <see cref="ChatTemplate.Get"/>: the template the folder was written with, or the first one whose special
    /// tokens the tokenizer has; empty for a model that cannot chat.
    /// </summary>
    public string ChatTemplateName { get; }

    /// <summary>Opens and checks a folder.</summary>
    /// <exception cref="InvalidModelException">A file is missing, broken, or does not fit the others.</exception>
    public static ModelFolder Open(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new InvalidModelException(folder, "the folder does not exist.");
        }

        if (File.Exists(System.IO.Path.Combine(folder, ModelWithTokenizer.GgufFileName)))
        {
            throw new InvalidModelException(folder, "the model is a GGUF file, which is served and evaluated as it is. To tune or quantise it, import its safetensors.");
        }

        var configPath = System.IO.Path.Combine(folder, "config.json");
        var config = ModelConfigJson.Parse(configPath, ModelFile.Read(configPath, MaxConfigBytes));
        var tokenizer = LoadTokenizer(folder);
        if (tokenizer.VocabularySize > config.VocabularySize)
        {
            throw new InvalidModelException(configPath, $"vocab_size is {config.VocabularySize}, but the tokenizer has {tokenizer.VocabularySize} tokens.");
        }

        var weights = ModelWeights.Open(folder, config);
        try
        {
            ThrowIfUnfit(folder, config, weights);
            return new ModelFolder(folder, config, tokenizer, weights);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of all weights as they are stored.</summary>
    public long WeightBytes => StoredTensors.Of(Config).Sum(tensor => Entry(tensor.Name).Length);

    /// <summary>Whether the weight is there, as floats or in few bits.</summary>
    public bool Has(string weightName) => weights.Find(weightName) is not null || IsQuantized(weightName);

    /// <summary>Whether <see cref="ReadQuantized"/> reads this weight.</summary>
    /// <param name="weightName">A name of <see cref="WeightNames"/>.</param>
    public bool IsQuantized(string weightName) => quantizedShapes.ContainsKey(weightName);

    /// <inheritdoc />
    public WeightEncoding? EncodingOf(string weightName)
    {
        if (!quantizedShapes.TryGetValue(weightName, out var shape))
        {
            return null;
        }

        var encoding = Config.Quantization!.EncodingOf(shape);
        return encoding with { HasZeros = encoding.HasZeros && Bytes(QuantizedNames.PackedZeros(weightName)).ContainsAnyExcept(AwqFormat.Middles) };
    }

    /// <summary>Where a weight lies and what it is.</summary>
    /// <exception cref="InvalidModelException">There is no such weight.</exception>
    public TensorEntry Entry(string weightName) => Find(weightName).Entry;

    /// <summary>Raw bytes of a weight; valid until this folder is disposed.</summary>
    /// <exception cref="InvalidModelException">There is no such weight, or it has over 2 GiB.</exception>
    public ReadOnlySpan<byte> Bytes(string weightName) => Find(weightName).Bytes();

    /// <summary>Values of a weight as 32-bit floats, in storage order; of a quantised one the values that its codes stand for, [out, in].</summary>
    /// <exception cref="InvalidModelException">There is no such weight, or it is neither stored as floats nor quantised.</exception>
    public float[] ReadFloats(string weightName) => IsQuantized(weightName) ? ReadQuantized(weightName).Dequantize() : Find(weightName).ReadFloats();

    /// <summary>A quantised weight, unpacked.</summary>
    /// <exception cref="InvalidModelException">The weight is not stored in few bits, or a scale is not a finite number.</exception>
    public QuantizedMatrix ReadQuantized(string weightName)
    {
        if (!quantizedShapes.TryGetValue(weightName, out var shape))
        {
            throw new InvalidModelException(Path, $"the weight '{weightName}' is not quantised.");
        }

        return RowsOf(weightName).Codes(0, (int)shape[0]);
    }

    /// <inheritdoc />
    public DType FloatTypeOf(string weightName) => weights.Find(weightName)?.Entry.DType is DType.F16 or DType.BF16 ? Entry(weightName).DType : DType.F32;

    /// <inheritdoc />
    public WeightRows RowsOf(string weightName)
    {
        if (!quantizedShapes.TryGetValue(weightName, out var shape))
        {
            return new StoredRows(Find(weightName));
        }

        var (outputs, inputs) = ((int)shape[0], (int)shape[1]);
        return Config.Quantization!.Layout == QuantizationLayout.Awq
            ? new AwqRows(this, weightName, outputs, inputs, Config.Quantization.EncodingOf(shape).GroupSize)
            : new Int8Rows(this, weightName, inputs);
    }

    /// <summary>Scales of a weight in few bits, in storage order.</summary>
    /// <exception cref="InvalidModelException">One is not a finite number.</exception>
    internal float[] ReadScales(string scaleName)
    {
        var scales = Find(scaleName).ReadFloats();
        return Array.TrueForAll(scales, float.IsFinite) ? scales
            : throw new InvalidModelException(Find(scaleName).Path, $"'{scaleName}' holds a value that is not a finite number.");
    }

    /// <inheritdoc />
    public void Dispose() => weights.Dispose();

    private static Tokenizer LoadTokenizer(string folder)
    {
        try
        {
            return Tokenizer.Load(folder);
        }
        catch (InvalidTokenizerException e)
        {
            throw new InvalidModelException(e.File, e.Reason, e);
        }
    }

    private static void ThrowIfUnfit(string folder, ModelConfig config, ModelWeights weights)
    {
        foreach (var needed in StoredTensors.Of(config))
        {
            var weight = weights.Find(needed.Name) ?? throw new InvalidModelException(folder, $"the weight '{needed.Name}' is missing.");
            var entry = weight.Entry;
            if (!needed.Fits(entry.DType, entry.Shape))
            {
                throw new InvalidModelException(weight.Path,
                    $"'{needed.Name}' has the shape [{string.Join(", ", entry.Shape)}] and the type {entry.DType}, but config.json asks for {needed}.");
            }
        }
    }

    private static string NameOfTemplate(Tokenizer tokenizer)
    {
        var written = ChatTemplate.Names.FirstOrDefault(name => ChatTemplate.Get(name).Jinja == tokenizer.ChatTemplateText);
        return written ?? ChatTemplate.ForSpecialTokens(tokenizer.SpecialTokens)?.Name ?? "";
    }

    private StoredWeight Find(string name) => weights.Find(name) ?? throw new InvalidModelException(Path, $"there is no weight '{name}'.");
}
