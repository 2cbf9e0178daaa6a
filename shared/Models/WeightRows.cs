namespace InternPlatform.Models;

/// <summary>
/// Rows of one matrix, some at a time: who packs them strip by strip needs no second model's memory. What a call returns lies in memory of this object and changes with
/// the next call. For one thread.
/// </summary>
public abstract class WeightRows
{
    /// <summary>Values of rows, [count, K].</summary>
    /// <param name="first">First row.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="InvalidModelException">A scale is not a finite number.</exception>
    public abstract ReadOnlySpan<float> Floats(int first, int count);

    /// <summary>Codes and scales of rows, where <see cref="IModelSource.EncodingOf"/> says that there are any and no super-blocks.</summary>
    /// <inheritdoc cref="Floats"/>
    public virtual QuantizedMatrix Codes(int first, int count) => throw new NotSupportedException("These rows are not stored as codes with a scale for each group.");

    /// <summary>Codes and scales of rows in super-blocks.</summary>
    /// <inheritdoc cref="Floats"/>
    public virtual SuperBlockMatrix SuperBlocks(int first, int count) => throw new NotSupportedException("These rows are not stored in super-blocks.");
}

/// <summary>Rows of a matrix that is read whole.</summary>
internal sealed class WholeRows(float[] values, int columns) : WeightRows
{
    public override ReadOnlySpan<float> Floats(int first, int count) => values.AsSpan(first * columns, count * columns);
}
