using System.Text.Json;
using InternPlatform.Models;
using InternPlatform.Tensors;
using InternPlatform.Tokenization;
using InternPlatform.Training.Checkpoints;
using InternPlatform.Training.Loop;
using InternPlatform.Training.Model;

namespace InternPlatform.Training;

/// <summary>Turns a tuning's checkpoint into a whole model, or into an adapter in PEFT's form.</summary>
public static class TuningExport
{
    /// <summary>Writes a model folder: the base weights with the additions merged, W + α/r · B · A in float32, or the tuned weights themselves.</summary>
    /// <param name="folder">Where the model goes.</param>
    /// <param name="model">The base model of the run.</param>
    /// <param name="checkpointFolder">A complete step-N folder (<see cref="TuneResult.CheckpointFolder"/>).</param>
    /// <param name="tokenizer">The base model's tokenizer, with the template that the dialogues were written in.</param>
    /// <param name="stopIds">Ids that end an answer in that template; they go into config.json and generation_config.json.</param>
    /// <returns>SHA-256 over all merged weights in name order, as float32.</returns>
    /// <exception cref="TrainingException">The checkpoint is damaged, or is no tuning's.</exception>
    public static string WriteModel(string folder, ModelFolder model, string checkpointFolder, Tokenizer tokenizer, IReadOnlyList<int> stopIds)
    {
        var state = Read(checkpointFolder);
        using var decoder = Open(state, model);
        var trained = decoder.Lora?.All ?? decoder.Parameters.All;
        TensorFile.Read(Path.Combine(checkpointFolder, TrainerTensors.WeightsFile), TrainerTensors.Weights(trained));
        return Write(folder, model, decoder, tokenizer, stopIds);
    }

    /// <summary>Writes adapter_config.json and adapter_model.safetensors as the PEFT library does.</summary>
    /// <param name="folder">Where the adapter goes.</param>
    /// <param name="checkpointFolder">A complete step-N folder of a low-rank tuning.</param>
    /// <param name="baseName">What the base model is called, for the file.</param>
    /// <exception cref="TrainingException">The checkpoint is damaged, or is not a low-rank tuning's.</exception>
    public static void WriteAdapter(string folder, string checkpointFolder, string baseName)
    {
        var tuning = Read(checkpointFolder).Tuning!;
        if (tuning.Method != TuningMethod.Lora)
        {
            throw new TrainingException($"{checkpointFolder} holds all weights of a model: there is no adapter.");
        }

        Directory.CreateDirectory(folder);
        using var weights = SafetensorsFile.Open(Path.Combine(checkpointFolder, TrainerTensors.WeightsFile));
        SafetensorsWriter.Write(
            Path.Combine(folder, PeftConfig.WeightsFile),
            [.. weights.Tensors.Values.Select(entry => (entry.Name, DType.F32, entry.Shape.ToArray(), (ReadOnlyMemory<byte>)weights.Bytes(entry.Name).ToArray()))]);
        File.WriteAllBytes(Path.Combine(folder, PeftConfig.FileName), PeftConfig.Write(tuning.LoraRank, tuning.LoraAlpha, baseName));
    }

    /// <summary>Merges an adapter in PEFT's form into its base model; see <see cref="WriteModel"/>.</summary>
    /// <param name="folder">Where the model goes.</param>
    /// <param name="model">The base model.</param>
    /// <param name="adapterFolder">adapter_config.json and adapter_model.safetensors.</param>
    /// <param name="tokenizer">Tokenizer with its chat template.</param>
    /// <param name="stopIds">Ids that end an answer.</param>
    /// <returns>SHA-256 over all merged weights in name order, as float32.</returns>
    /// <exception cref="InvalidModelException">A file is missing or broken, the adapter is of another kind, or does not fit the model.</exception>
    public static string MergeAdapter(string folder, ModelFolder model, string adapterFolder, Tokenizer tokenizer, IReadOnlyList<int> stopIds)
    {
        LibTorch.Load();
        var config = PeftConfig.Read(Path.Combine(adapterFolder, PeftConfig.FileName));
        var state = new TuningState(TuningMethod.Lora, config.Rank, config.Alpha, "");
        var options = TuneOptions.Shape(model.Config);
        using var decoder = TuningRun.Make(new RunSetup(options with { Compute = ComputeType.F32 }, state, "", new DurableFiles(null), null), model);
        PeftFactors.Fill(config, Path.Combine(adapterFolder, PeftConfig.WeightsFile), decoder.Lora!);
        return Write(folder, model, decoder, tokenizer, stopIds);
    }

    private static string Write(string folder, ModelFolder model, Decoder decoder, Tokenizer tokenizer, IReadOnlyList<int> stopIds)
    {
        decoder.Lora?.Merge();
        var entries = TrainerTensors.Weights(decoder.Parameters);
        var config = model.Config with { EosTokenIds = stopIds, TorchDtype = "float32" };
        ModelFolderWriter.Write(
            folder, config, tokenizer,
            [.. entries.Select(entry => (entry.Name, DType.F32, entry.Shape, (ReadOnlyMemory<byte>)TensorFile.Copy(entry, 0, checked((int)entry.Bytes))))]);
        return TrainerTensors.Hash(entries.OrderBy(entry => entry.Name, StringComparer.Ordinal));
    }

    private static Decoder Open(RunState state, ModelFolder model) =>
        TuningRun.Make(new RunSetup(state.Options with { Compute = ComputeType.F32 }, state.Tuning, "", new DurableFiles(null), null), model);

    private static RunState Read(string checkpointFolder)
    {
        CheckpointStore.Verify(checkpointFolder);
        var state = JsonSerializer.Deserialize<RunState>(File.ReadAllBytes(Path.Combine(checkpointFolder, RunState.FileName)));
        return state?.Tuning is null ? throw new TrainingException($"{checkpointFolder} is not a checkpoint of a tuning.") : state;
    }
}
