using System.Text.Json;
using InternPlatform.Models;
using InternPlatform.Tensors;
using InternPlatform.Tokenization;

namespace InternPlatform.Catalog.Models;

/// <summary>A model's files as somebody else's program left them, made into what is read here.</summary>
/// <param name="Folder">The folder to store.</param>
/// <param name="Format">What the weights were.</param>
internal sealed record ForeignModel(string Folder, string Format)
{
    private const string Config = "config.json";
    private const string SentencePiece = "tokenizer.model";

    /// <exception cref="InvalidModelException">The files are no model, or a broken one.</exception>
    public static ForeignModel Prepare(string folder)
    {
        if (One(folder, "*.gguf", "Merge a split one with llama.cpp's llama-gguf-split first.") is { } gguf)
        {
            return FromGguf(folder, gguf);
        }

        NameTokenizer(folder);
        if (File.Exists(Path.Join(folder, Config)))
        {
            var pickled = Directory.GetFiles(folder, "*.bin");
            if (pickled.Length == 0 || Directory.EnumerateFiles(folder, "*.safetensors").Any())
            {
                Array.ForEach(pickled, File.Delete);
                return new(folder, "safetensors");
            }

            Unpickle(folder, pickled);
            return new(folder, "pytorch");
        }

        var vocabulary = One(folder, "tok*.bin", "Upload the one that belongs to the weights.");
        return Array.FindAll(Directory.GetFiles(folder, "*.bin"), file => file != vocabulary) is [var weights]
            ? FromLlama2c(folder, weights, vocabulary)
            : throw new InvalidModelException(folder, $"there is neither a {Config} nor a GGUF file. Upload all of the model's files.");
    }

    /// <summary>Beside it goes what it says of itself, for those who only ask for that.</summary>
    private static ForeignModel FromGguf(string folder, string file)
    {
        var target = Path.Join(folder, ModelWithTokenizer.GgufFileName);
        File.Move(file, target, overwrite: true);
        using var model = GgufModel.Open(target);
        File.WriteAllBytes(Path.Join(folder, Config), model.Config.ToJson());
        return new(folder, "gguf");
    }

    private static ForeignModel FromLlama2c(string folder, string file, string? vocabulary)
    {
        var target = Path.Join(folder, "converted");
        using var model = Llama2cFile.Open(file);
        try
        {
            ModelConverter.WriteFolder(target, model, vocabulary is null ? Tokenizer.Load(folder) : Tokenizer.LoadLlama2c(vocabulary), DType.F32);
        }
        catch (InvalidTokenizerException e)
        {
            throw new InvalidModelException(e.File, e.Reason, e);
        }
        catch (ArgumentException e)
        {
            throw new InvalidModelException(folder, e.Message, e);
        }

        return new(target, "llama2.c");
    }

    /// <summary>Tokenizers made for llama2.c are called <c>tok512.model</c> and the like.</summary>
    private static void NameTokenizer(string folder)
    {
        if (!File.Exists(Path.Join(folder, SentencePiece)) && One(folder, "*.model", "Upload the one that belongs to the weights.") is { } tokenizer)
        {
            File.Move(tokenizer, Path.Join(folder, SentencePiece));
        }
    }

    /// <summary>Each pickle as a safetensors file, with the index that several have.</summary>
    private static void Unpickle(string folder, string[] pickles)
    {
        Array.Sort(pickles, StringComparer.Ordinal);
        var fileOf = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < pickles.Length; i++)
        {
            var name = pickles.Length == 1 ? "model.safetensors" : $"model-{i + 1:00000}-of-{pickles.Length:00000}.safetensors";
            using (var pickle = TorchFile.Open(pickles[i]))
            {
                pickle.WriteSafetensors(Path.Join(folder, name));
                foreach (var tensor in pickle.Names)
                {
                    fileOf[tensor] = name;
                }
            }

            File.Delete(pickles[i]);
        }

        if (pickles.Length > 1)
        {
            File.WriteAllBytes(Path.Join(folder, "model.safetensors.index.json"), JsonSerializer.SerializeToUtf8Bytes(new { metadata = new { }, weight_map = fileOf }));
        }
    }

    private static string? One(string folder, string pattern, string otherwise) => Directory.GetFiles(folder, pattern) switch
    {
        [] => null,
        [var file] => file,
        var several => throw new InvalidModelException(folder, $"there are {several.Length} files {pattern}. {otherwise}"),
    };
}
