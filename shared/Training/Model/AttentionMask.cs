using InternPlatform.Training.Data;
using InternPlatform.Training.Model.Functions;
using static TorchSharp.torch;

namespace InternPlatform.Training.Model;

/// <summary>Causal and block-diagonal: a token sees itself and the earlier tokens of its own sample.</summary>
internal static class AttentionMask
{
    /// <summary>As bfloat16 bits.</summary>
    private const ushort NegativeInfinity = 0xFF80;

    /// <summary>Additive mask, [B, 1, T, T] in <paramref name="type"/>; null when plain causal attention is enough.</summary>
    public static Tensor? Of(Batch batch, bool withinSamples, ScalarType type)
    {
        if (!withinSamples)
        {
            return null;
        }

        var (b, t) = (batch.Rows, batch.Length);
        var mask = empty([b, 1, t, t], type);
        for (var token = 0; token < b * t; token++)
        {
            // A position counts the tokens of its sample before it.
            var from = (token % t) - batch.Positions[token];
            if (type == ScalarType.Float32)
            {
                Row(mask.Singles().Slice(token * t, t), from, token % t, float.NegativeInfinity);
            }
            else
            {
                Row(mask.Bits().Slice(token * t, t), from, token % t, NegativeInfinity);
            }
        }

        return mask;
    }

    private static void Row<T>(Span<T> row, int from, int to, T closed)
        where T : struct
    {
        row.Fill(closed);
        row[from..(to + 1)].Clear();
    }
}
