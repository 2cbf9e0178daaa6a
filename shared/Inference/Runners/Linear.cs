using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;

namespace InternPlatform.Inference.Runners;

/// <summary>
/// y = W x + b, b where the model has one; weights are packed once, as the checkpoint has them: groups of 4 bits, ggml's super-blocks, rows of 8 bits, bf16, f16, else f32. Products that are worth it fall into parts of outputs, which changes no bit.
/// </summary>
internal abstract class Linear(int outputs, int inputs, int units) : IPartedWork
{
    // Below it, handing over costs more than a helper saves.
    private const long WorthSharing = 1 << 19;
    private const int MostParts = 16;

    private float[] x = [];
    private float[] y = [];
    private float[] bias = [];
    private ActivationBlocks activations = null!;
    private int tokens;
    private int parts;

    public int Outputs { get; } = outputs;

    protected int Inputs { get; } = inputs;

    /// <summary>What the matrix falls into.</summary>
    protected int Units { get; } = units;

    /// <summary>Whether it multiplies activations in 8 bits.</summary>
    protected virtual bool TakesFewBits => true;

    /// <summary>Reads weights that take the same input as one matrix, their rows under each other.</summary>
    /// <param name="source">Where they are.</param>
    /// <param name="inputs">K.</param>
    /// <param name="hasBias">Whether each has a bias.</param>
    /// <param name="weights">Name and outputs of each.</param>
    /// <exception cref="InvalidModelException">A weight has another size.</exception>
    public static Linear Read(IModelSource source, int inputs, bool hasBias, params IReadOnlyList<(string Name, long Outputs)> weights)
    {
        var read = weights.Select(weight => PackedLinear.Read(source, weight.Name, (int)weight.Outputs, inputs)).ToList();
        var linear = read.Count == 1 ? read[0] : new Stacked(read, inputs);
        linear.bias = hasBias ? [.. weights.SelectMany(weight => LlamaWeights.Read(source, LayerWeightNames.Bias(weight.Name), weight.Outputs))] : [];
        return linear;
    }

    /// <param name="scratch">Threads, and room for the input in 8 bits.</param>
    /// <param name="input">Begins with [T, K].</param>
    /// <param name="output">Begins with [T, N] then.</param>
    /// <param name="count">T.</param>
    public void Invoke(StepScratch scratch, float[] input, float[] output, int count)
    {
        (x, y, tokens, activations) = (input, output, count, scratch.Activations);
        parts = (long)tokens * Outputs * Inputs < WorthSharing ? 1 : Math.Min(MostParts, Units);
        if (TakesFewBits)
        {
            activations.Quantize(input.AsSpan(0, tokens * Inputs), Inputs);
        }

        scratch.Pool.Run(this, parts);
        for (var t = 0; t < tokens && bias.Length > 0; t++)
        {
            Add.Invoke(bias, y.AsSpan(t * Outputs, Outputs));
        }
    }

    public void Run(int part)
    {
        var (from, to) = (Units * part / parts, Units * (part + 1) / parts);
        Multiply(x.AsSpan(0, tokens * Inputs), activations, from, to - from, y.AsSpan(0, tokens * Outputs), Outputs);
    }

    /// <summary>Some of the units that the matrix falls into.</summary>
    /// <param name="input">[T, K].</param>
    /// <param name="rounded">The same in 8 bits, where <see cref="TakesFewBits"/>.</param>
    /// <param name="first">First unit.</param>
    /// <param name="count">How many.</param>
    /// <param name="output">Where the first token's outputs are.</param>
    /// <param name="stride">From one token's outputs to the next one's.</param>
    protected abstract void Multiply(ReadOnlySpan<float> input, ActivationBlocks rounded, int first, int count, Span<float> output, int stride);

    /// <summary>Matrices of the same input, each stored in its own way.</summary>
    private sealed class Stacked(IReadOnlyList<Linear> matrices, int inputs) : Linear(matrices.Sum(matrix => matrix.Outputs), inputs, matrices.Sum(matrix => matrix.Units))
    {
        protected override bool TakesFewBits { get; } = matrices.Any(matrix => matrix.TakesFewBits);

        protected override void Multiply(ReadOnlySpan<float> input, ActivationBlocks rounded, int first, int count, Span<float> output, int stride)
        {
            var end = first + count;
            for (var (i, unit) = (0, 0); i < matrices.Count; unit += matrices[i++].Units)
            {
                var matrix = matrices[i];
                var (from, to) = (Math.Max(first - unit, 0), Math.Min(end - unit, matrix.Units));
                if (from < to)
                {
                    matrix.Multiply(input, rounded, from, to - from, output, stride);
                }

                output = output[matrix.Outputs..];
            }
        }
    }
}
