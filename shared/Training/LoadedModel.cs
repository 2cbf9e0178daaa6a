using System.Runtime.InteropServices;
using System.Text.Json;
using InternPlatform.Training.Checkpoints;
using InternPlatform.Training.Data;
using InternPlatform.Training.Model;
using static TorchSharp.torch;

namespace InternPlatform.Training;

/// <summary>A checkpoint's model for looking at: logits of one row at a time, no cache, float32.</summary>
public sealed class LoadedModel : IDisposable
{
    private readonly Decoder decoder;

    private LoadedModel(PretrainOptions options)
    {
        Options = options;
        decoder = new(options, ScalarType.Float32);
    }

    /// <summary>The options it was trained with.</summary>
    public PretrainOptions Options { get; }

    /// <summary>Reads a complete step-N folder.</summary>
    /// <exception cref="TrainingException">The checkpoint is damaged.</exception>
    public static LoadedModel Open(string checkpointFolder)
    {
        LibTorch.Load();
        CheckpointStore.Verify(checkpointFolder);
        var state = JsonSerializer.Deserialize<RunState>(File.ReadAllBytes(Path.Combine(checkpointFolder, RunState.FileName)))!;
        var model = new LoadedModel(state.Options);
        TensorFile.Read(Path.Combine(checkpointFolder, TrainerTensors.WeightsFile), TrainerTensors.Weights(model.decoder.Parameters));
        model.decoder.Parameters.Refresh();
        return model;
    }

    /// <summary>Logits after each token, [tokens][V].</summary>
    /// <param name="ids">1 … SequenceLength token ids.</param>
    /// <exception cref="ArgumentException">No id, or more than the rotary table covers.</exception>
    public float[][] Logits(ReadOnlySpan<int> ids)
    {
        if (ids.Length == 0 || ids.Length > Options.SequenceLength)
        {
            throw new ArgumentException($"{ids.Length} ids; 1 to {Options.SequenceLength} are possible.", nameof(ids));
        }

        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var batch = new Batch(1, ids.Length);
        batch.Add(0, 0, ids, 0, ids.Length);
        var logits = decoder.Logits(decoder.Forward(decoder.Embed(tensor(batch.Ids)), batch).Hidden_RD);
        return [.. MemoryMarshal.Cast<byte, float>(logits.bytes).ToArray().Chunk(Options.VocabularySize)];
    }

    /// <inheritdoc/>
    public void Dispose() => decoder.Dispose();
}
