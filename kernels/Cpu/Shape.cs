using System.Diagnostics.CodeAnalysis;

namespace InternPlatform.Kernels.Cpu;

/// <summary>Shape checks at the entry of a kernel.</summary>
internal static class Shape
{
    public static void Require([DoesNotReturnIf(false)] bool holds, string parameter, string what)
    {
        if (!holds)
        {
            throw new ArgumentException(what, parameter);
        }
    }

    public static void Require([DoesNotReturnIf(false)] bool holds, string parameter, [System.Runtime.CompilerServices.InterpolatedStringHandlerArgument(nameof(holds))] ref ShapeMessage what)
    {
        if (!holds)
        {
            throw new ArgumentException(what.ToString(), parameter);
        }
    }

    /// <summary>Whether outputs of some tokens lie within y, the last row perhaps without what lies beside it.</summary>
    public static void RequireRows(int length, int tokens, int outputs, int stride) =>
        Require(stride >= outputs && length >= ((long)(tokens - 1) * stride) + outputs, "y", $"{length} values are too few for {tokens} x {outputs} in rows of {stride}");
}

/// <summary>Builds its text only when the check failed: a kernel's entry must not allocate.</summary>
[System.Runtime.CompilerServices.InterpolatedStringHandler]
internal ref struct ShapeMessage
{
    private System.Runtime.CompilerServices.DefaultInterpolatedStringHandler text;

    public ShapeMessage(int literalLength, int formattedCount, bool holds, out bool enabled)
    {
        enabled = !holds;
        text = enabled ? new(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string value) => text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => text.AppendFormatted(value);

    public override string ToString() => text.ToStringAndClear();
}
