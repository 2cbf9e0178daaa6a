using System.Globalization;
using static TorchSharp.torch;

namespace InternPlatform.Training.Model;

/// <summary>
/// Low-rank additions (Hu et al. 2021, "LoRA") to every linear map of a decoder whose own weights are frozen: y = x · Wᵀ + α/r · x · Aᵀ · Bᵀ.
/// Matrices that are fused in the decoder have factors of their own, stacked the same way.
/// </summary>
internal sealed class LoraParameters : IDisposable
{
    private const string WeightEnd = ".weight";

    private readonly IReadOnlyList<LoraMatrix> matrices;

    /// <param name="parameters">The frozen weights.</param>
    /// <param name="rank">r.</param>
    /// <param name="alpha">α.</param>
    /// <param name="seed">Fixes the first A, uniform in ±1/√in as PEFT draws it; B begins as zero, so the first model is the base model.</param>
    /// <param name="computeType">Type of the matrix products.</param>
    public LoraParameters(DecoderParameters parameters, int rank, double alpha, ulong seed, ScalarType computeType)
    {
        (Rank, Alpha) = (rank, alpha);
        var random = SplitMix.For(seed, 1);
        matrices = [.. parameters.Matrices.Select(matrix => new LoraMatrix(matrix, First(matrix), Second(matrix)))];

        ParameterGroup First(ParameterGroup matrix)
        {
            long layers = matrix.Master.shape[0], rows = matrix.Slices.Count * rank, columns = matrix.Master.shape[2];
            var values = new float[layers * rows * columns];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (float)(((2 * random.Uniform()) - 1) / Math.Sqrt(columns));
            }

            return new(matrix.Name + ".lora_a", tensor(values, [layers, rows, columns]), computeType,
                [.. matrix.Slices.Select((slice, i) => new MatrixSlice(NameOf(slice, "lora_A"), i * rank, rank))]);
        }

        ParameterGroup Second(ParameterGroup matrix) => new(
            matrix.Name + ".lora_b", zeros(matrix.Master.shape[0], matrix.Master.shape[1], rank), computeType,
            [.. matrix.Slices.Select(slice => slice with { NameFormat = NameOf(slice, "lora_B") })]);
    }

    /// <summary>r.</summary>
    public int Rank { get; }

    /// <summary>α.</summary>
    public double Alpha { get; }

    /// <summary>α / r.</summary>
    public double Scale => Alpha / Rank;

    /// <summary>Every A and B, in a fixed order.</summary>
    public IReadOnlyList<ParameterGroup> All => [.. matrices.SelectMany(matrix => (ParameterGroup[])[matrix.A, matrix.B])];

    /// <summary>The factors added to a matrix of the decoder.</summary>
    public LoraMatrix Of(ParameterGroup matrix)
    {
        foreach (var candidate in matrices)
        {
            if (ReferenceEquals(candidate.Matrix, matrix))
            {
                return candidate;
            }
        }

        throw new ArgumentException($"{matrix.Name} has no low-rank addition.", nameof(matrix));
    }

    /// <summary>Adds α/r · B · A to the frozen weights in float32, and renews what the forward pass reads. Afterwards the decoder without additions gives the tuned model.</summary>
    public void Merge()
    {
        using var _ = no_grad();
        foreach (var (matrix, a, b) in matrices)
        {
            for (var layer = 0; layer < matrix.Leaves.Count; layer++)
            {
                using var scope = NewDisposeScope();
                for (var i = 0; i < matrix.Slices.Count; i++)
                {
                    var slice = matrix.Slices[i];
                    Optimization.LiveScalars.Accumulate(
                        matrix.Master[layer].narrow(0, slice.Start, slice.Count),
                        b.Master[layer].narrow(0, slice.Start, slice.Count).matmul(a.Master[layer].narrow(0, (long)i * Rank, Rank)), Scale);
                }
            }

            matrix.Refresh();
        }
    }

    public void Dispose()
    {
        foreach (var group in All)
        {
            group.Dispose();
        }
    }

    /// <summary>PEFT's name of a factor: the module's path below its own prefix.</summary>
    private static string NameOf(MatrixSlice slice, string factor) =>
        string.Create(CultureInfo.InvariantCulture, $"base_model.model.{slice.NameFormat[..^WeightEnd.Length]}.{factor}{WeightEnd}");
}

/// <summary>The factors of one fused matrix [L, out, in] with S parts.</summary>
/// <param name="Matrix">The frozen weights.</param>
/// <param name="A">[L, S · r, in]: one block of r rows for each part.</param>
/// <param name="B">[L, out, r]: the rows of a part belong to its block of A.</param>
internal sealed record LoraMatrix(ParameterGroup Matrix, ParameterGroup A, ParameterGroup B);
