using InternPlatform.Models;
using InternPlatform.Training.Checkpoints;
using InternPlatform.Training.Model;
using InternPlatform.Training.Model.Functions;

namespace InternPlatform.Training;

/// <summary>The weights of a low-rank adapter in PEFT's form.</summary>
internal static class PeftFactors
{
    /// <summary>Copies the file's factors into the additions; maps that the adapter does not target stay as they are.</summary>
    /// <exception cref="InvalidModelException">A factor is missing, has another shape, or belongs to no map of the model.</exception>
    public static void Fill(PeftConfig config, string path, LoraParameters lora)
    {
        using var file = SafetensorsFile.Open(path);
        var entries = TrainerTensors.Weights(lora.All).Where(entry => config.TargetModules.Any(module => entry.Name.Contains($".{module}.", StringComparison.Ordinal))).ToArray();
        if (file.Tensors.Keys.Except(entries.Select(entry => entry.Name)).FirstOrDefault() is { } stranger)
        {
            throw new InvalidModelException(path, $"'{stranger}' belongs to no linear map of the base model.");
        }

        foreach (var entry in entries)
        {
            if (!file.Tensors.TryGetValue(entry.Name, out var stored) || !stored.Shape.SequenceEqual(entry.Shape))
            {
                throw new InvalidModelException(path, $"there is no '{entry.Name}' of the shape [{string.Join(", ", entry.Shape)}]: the adapter belongs to another model.");
            }

            file.ReadFloats(entry.Name).CopyTo(entry.Source.Singles()[checked((int)entry.FirstElement)..]);
        }
    }
}
