namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// How weight matrices lie in memory: [N/32][K][32]. 32 output rows stand side by side, so one load feeds 32 outputs,
/// no sum runs across lanes, and every output is summed over k in ascending order whatever the vector width or the batch.
/// </summary>
public static class PanelLayout
{
    /// <summary>Output rows of one panel; the last panel is filled up with zero rows.</summary>
    public const int Rows = 32;

    /// <summary>Panels that <paramref name="outputs"/> rows take.</summary>
    public static int Count(int outputs) => (outputs + Rows - 1) / Rows;

    /// <summary>Elements that a packed [N, K] matrix takes, padding included.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The matrix is empty, or larger than one span can hold.</exception>
    public static int PackedLength(int outputs, int inputs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        var length = (long)Count(outputs) * Rows * inputs;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Array.MaxLength, nameof(outputs));
        return (int)length;
    }

    /// <summary>Packs rows [N, K] into panels.</summary>
    /// <param name="rows">Source, [N, K], row after row.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="panels">Destination, at least <see cref="PackedLength"/> elements; wholly written.</param>
    /// <exception cref="ArgumentException">A length does not fit N and K.</exception>
    public static void Pack<T>(ReadOnlySpan<T> rows, int outputs, int inputs, Span<T> panels)
        where T : unmanaged
    {
        var length = PackedLength(outputs, inputs);
        Shape.Require(rows.Length == outputs * inputs, nameof(rows), $"{rows.Length} values, not {outputs} x {inputs}");
        Shape.Require(panels.Length >= length, nameof(panels), $"{panels.Length} values, needs {length}");
        panels[..length].Clear();
        for (var n = 0; n < outputs; n++)
        {
            var panel = panels.Slice(n / Rows * Rows * inputs, Rows * inputs);
            var lane = n % Rows;
            var row = rows.Slice(n * inputs, inputs);
            for (var k = 0; k < inputs; k++)
            {
                panel[(k * Rows) + lane] = row[k];
            }
        }
    }
}
