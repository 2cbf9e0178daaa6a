namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// How matrices of few bits lie in memory: [N/16][K/32] blocks. A block holds 32 inputs of 16 output rows, four inputs of a row side by side, which is
/// what one instruction multiplies and adds; its scales lie behind its codes, so that a matrix is read once from front to back.
/// </summary>
public static class StripLayout
{
    /// <summary>Output rows of a strip; the last one is filled up with rows of zeros.</summary>
    public const int Rows = 16;

    /// <summary>Inputs of a block; the last one is filled up with zeros.</summary>
    public const int BlockInputs = 32;

    /// <summary>Blocks that share a scale of their scales in ggml's super-blocks.</summary>
    internal const int SuperBlock = 8;

    /// <summary>Inputs that lie side by side.</summary>
    internal const int Run = 4;

    /// <summary>Strips that <paramref name="outputs"/> rows take.</summary>
    public static int Strips(int outputs) => (outputs + Rows - 1) / Rows;

    /// <summary>Blocks that <paramref name="inputs"/> inputs take.</summary>
    public static int Blocks(int inputs) => (inputs + BlockInputs - 1) / BlockInputs;

    internal static int Length(int outputs, int inputs, int stripBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        var length = (long)Strips(outputs) * stripBytes;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Array.MaxLength, nameof(outputs));
        return (int)length;
    }
}
