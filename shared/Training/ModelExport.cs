using System.Text.Json;
using InternPlatform.Models;
using InternPlatform.Tensors;
using InternPlatform.Tokenization;
using InternPlatform.Training.Checkpoints;

namespace InternPlatform.Training;

/// <summary>Turns a checkpoint into a model folder that other programs read.</summary>
public static class ModelExport
{
    /// <summary>Writes config.json, model.safetensors (float32, LLaMA names) and the tokenizer's files.</summary>
    /// <param name="folder">Where the model goes.</param>
    /// <param name="checkpointFolder">A complete step-N folder (<see cref="PretrainResult.CheckpointFolder"/>).</param>
    /// <param name="tokenizer">The tokenizer the shards were made with.</param>
    /// <exception cref="TrainingException">The checkpoint is damaged, or the tokenizer has another vocabulary.</exception>
    public static void Write(string folder, string checkpointFolder, Tokenizer tokenizer)
    {
        CheckpointStore.Verify(checkpointFolder);
        var state = JsonSerializer.Deserialize<RunState>(File.ReadAllBytes(Path.Combine(checkpointFolder, RunState.FileName)))
            ?? throw new TrainingException($"{checkpointFolder} has an empty {RunState.FileName}.");
        if (tokenizer.VocabularySize > state.Options.VocabularySize)
        {
            throw new TrainingException($"The tokenizer has {tokenizer.VocabularySize} entries, the model {state.Options.VocabularySize}.");
        }

        using var weights = SafetensorsFile.Open(Path.Combine(checkpointFolder, TrainerTensors.WeightsFile));
        var tensors = weights.Tensors.Values.OrderBy(entry => entry.Offset)
            .Select(entry => (entry.Name, DType.F32, entry.Shape.ToArray(), (ReadOnlyMemory<byte>)weights.Bytes(entry.Name).ToArray()))
            .ToArray();
        ModelFolderWriter.Write(folder, Config(state.Options, tokenizer), tokenizer, tensors);
    }

    /// <summary>The model folder's configuration for given training options.</summary>
    public static ModelConfig Config(PretrainOptions options, Tokenizer tokenizer) => new()
    {
        VocabularySize = options.VocabularySize,
        HiddenSize = options.HiddenSize,
        IntermediateSize = options.IntermediateSize,
        LayerCount = options.LayerCount,
        HeadCount = options.HeadCount,
        KvHeadCount = options.KvHeadCount,
        HeadDim = options.EffectiveHeadDim,
        RmsNormEpsilon = options.RmsNormEpsilon,
        RopeTheta = options.RopeTheta,
        ContextLength = options.ContextLength > 0 ? options.ContextLength : 4 * options.SequenceLength,
        TieWordEmbeddings = options.TieWordEmbeddings,
        BosTokenId = tokenizer.IdOf("<s>"),
        EosTokenIds = [.. ((string[])["</s>", "<|im_end|>"]).Select(tokenizer.IdOf).OfType<int>()],
        PadTokenId = tokenizer.IdOf("</s>"),
        TorchDtype = "float32",
    };
}
