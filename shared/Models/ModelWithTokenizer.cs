using InternPlatform.Tokenization;

namespace InternPlatform.Models;

/// <summary>A model and its tokenizer as a folder holds them: a Hugging Face folder, or one GGUF file, which holds both.</summary>
public sealed class ModelWithTokenizer : IDisposable
{
    /// <summary>Name of the GGUF file in a folder that has one.</summary>
    public const string GgufFileName = "model.gguf";

    private ModelWithTokenizer(IModelSource model, Tokenizer tokenizer) => (Model, Tokenizer) = (model, tokenizer);

    /// <summary>Shape and weights.</summary>
    public IModelSource Model { get; }

    /// <summary>The model's tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Opens and checks a folder.</summary>
    /// <exception cref="InvalidModelException">A file is missing, broken, or does not fit the others.</exception>
    public static ModelWithTokenizer Open(string folder)
    {
        var file = Path.Combine(folder, GgufFileName);
        if (!File.Exists(file))
        {
            var model = ModelFolder.Open(folder);
            return new(model, model.Tokenizer);
        }

        var gguf = GgufModel.Open(file);
        try
        {
            return new(gguf, Tokenizer.FromGguf(gguf.File.Metadata));
        }
        catch (InvalidTokenizerException e)
        {
            gguf.Dispose();
            throw new InvalidModelException(file, $"{e.File}: {e.Reason}", e);
        }
    }

    /// <inheritdoc />
    public void Dispose() => Model.Dispose();
}
