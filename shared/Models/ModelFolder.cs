using InternPlatform.Tokenization;

namespace InternPlatform.Models;

/// <summary>
/// A Hugging Face model folder: <c>config.json</c>, the tokenizer's files, and weights in one safetensors file or several.
/// Opening checks that every weight is there in the shape that the configuration says.
/// </summary>
public sealed class ModelFolder : IDisposable
{
    private const int MaxConfigBytes = 1 << 20;
    private readonly string path;
    private readonly ModelWeights weights;

    private ModelFolder(string path, ModelConfig config, Tokenizer tokenizer, ModelWeights weights)
    {
        this.path = path;
        this.weights = weights;
        Config = config;
        Tokenizer = tokenizer;
        ChatTemplateName = NameOfTemplate(tokenizer);
    }

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

        var configPath = Path.Combine(folder, "config.json");
        var config = ModelConfigJson.Parse(configPath, ModelFile.Read(configPath, MaxConfigBytes));
        var tokenizer = LoadTokenizer(folder);
        if (tokenizer.VocabularySize > config.VocabularySize)
        {
            throw new InvalidModelException(configPath, $"vocab_size is {config.VocabularySize}, but the tokenizer has {tokenizer.VocabularySize} tokens.");
        }

        var weights = ModelWeights.Open(folder);
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

    /// <summary>Whether the weight is stored.</summary>
    public bool Has(string weightName) => weights.FileOf(weightName) is not null;

    /// <summary>Where a weight lies and what it is.</summary>
    /// <exception cref="InvalidModelException">There is no such weight.</exception>
    public TensorEntry Entry(string weightName) => FileOf(weightName).Tensors[weightName];

    /// <summary>Raw bytes of a weight; valid until this folder is disposed.</summary>
    /// <exception cref="InvalidModelException">There is no such weight, or it has over 2 GiB.</exception>
    public ReadOnlySpan<byte> Bytes(string weightName) => FileOf(weightName).Bytes(weightName);

    /// <summary>Values of a weight as 32-bit floats, in storage order.</summary>
    /// <exception cref="InvalidModelException">There is no such weight, or it is not stored as floats.</exception>
    public float[] ReadFloats(string weightName) => FileOf(weightName).ReadFloats(weightName);

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
        foreach (var (name, shape) in WeightNames.All(config))
        {
            var file = weights.FileOf(name) ?? throw new InvalidModelException(folder, $"the weight '{name}' is missing.");
            if (!file.Tensors[name].Shape.SequenceEqual(shape))
            {
                throw new InvalidModelException(file.Path,
                    $"'{name}' has the shape [{string.Join(", ", file.Tensors[name].Shape)}], but config.json asks for [{string.Join(", ", shape)}].");
            }
        }
    }

    private static string NameOfTemplate(Tokenizer tokenizer)
    {
        var written = ChatTemplate.Names.FirstOrDefault(name => ChatTemplate.Get(name).Jinja == tokenizer.ChatTemplateText);
        return written ?? ChatTemplate.ForSpecialTokens(tokenizer.SpecialTokens)?.Name ?? "";
    }

    private SafetensorsFile FileOf(string name) => weights.FileOf(name) ?? throw new InvalidModelException(path, $"there is no weight '{name}'.");
}
