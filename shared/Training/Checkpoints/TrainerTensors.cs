using System.Globalization;
using System.Security.Cryptography;
using InternPlatform.Training.Loop;
using InternPlatform.Training.Model;
using static InternPlatform.Training.Checkpoints.TensorFile;

namespace InternPlatform.Training.Checkpoints;

/// <summary>Which tensors of a trainer go into a checkpoint, under which names.</summary>
internal static class TrainerTensors
{
    /// <summary>Weights file: one entry per matrix, Hugging Face names.</summary>
    public const string WeightsFile = "model.safetensors";

    /// <summary>Optimizer file: stacked over layers as in memory.</summary>
    public const string OptimizerFile = "optimizer.safetensors";

    /// <summary>Every weight; norms are vectors, all others matrices.</summary>
    public static IReadOnlyList<Entry> Weights(DecoderParameters parameters) => Weights(parameters.All);

    /// <summary>Every weight of some groups.</summary>
    public static IReadOnlyList<Entry> Weights(IReadOnlyList<ParameterGroup> groups) =>
        [.. groups.SelectMany(group => Enumerable.Range(0, group.Leaves.Count).SelectMany(layer => Slices(group, layer)))];

    /// <summary>Momentum and moments.</summary>
    public static IReadOnlyList<Entry> Optimizers(Trainer trainer)
    {
        var muon = trainer.Muon is { } m ? m.Groups.Select((group, i) => Entry.Of($"muon.momentum.{group.Name}", m.Momentum[i])) : [];
        var adam = trainer.Adams.SelectMany(a => (Entry[])[Entry.Of($"adam.first.{a.Group.Name}", a.FirstMoment), Entry.Of($"adam.second.{a.Group.Name}", a.SecondMoment)]);
        return [.. muon, .. adam];
    }

    /// <summary>SHA-256, lower-case hexadecimal.</summary>
    public static string Hash(DecoderParameters parameters) => Hash(Weights(parameters));

    /// <summary>SHA-256 over the entries in their order, lower-case hexadecimal.</summary>
    public static string Hash(IEnumerable<Entry> entries)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in entries)
        {
            hash.AppendData(entry.Source.bytes.Slice(checked((int)(entry.FirstElement * sizeof(float))), checked((int)entry.Bytes)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<Entry> Slices(ParameterGroup group, int layer)
    {
        var shape = group.Master.shape;
        var isVector = shape.Length == 2;
        var columns = isVector ? 1 : shape[2];
        foreach (var slice in group.Slices)
        {
            yield return new(
                string.Format(CultureInfo.InvariantCulture, slice.NameFormat, layer),
                isVector ? [slice.Count] : [slice.Count, columns],
                group.Master,
                ((layer * shape[1]) + slice.Start) * columns);
        }
    }
}
