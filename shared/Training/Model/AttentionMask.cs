using InternPlatform.Training.Data;
using static TorchSharp.torch;

namespace InternPlatform.Training.Model;

/// <summary>Causal and block-diagonal: a token sees itself and the earlier tokens of its own sample.</summary>
internal static class AttentionMask
{
    /// <summary>Additive mask, [B, 1, T, T] in <paramref name="type"/>; null when plain causal attention is enough.</summary>
    public static Tensor? Of(Batch batch, bool withinSamples, ScalarType type)
    {
        if (!withinSamples)
        {
            return null;
        }

        var (b, t) = (batch.Rows, batch.Length);
        var values = new float[b * t * t];
        Array.Fill(values, float.NegativeInfinity);
        for (var row = 0; row < b * t; row++)
        {
            // A position counts the tokens of its sample before it.
            var seen = batch.Positions[row] + 1;
            values.AsSpan((row * t) + (row % t) + 1 - seen, seen).Clear();
        }

        return tensor(values, [b, 1, t, t]).to(type);
    }
}
