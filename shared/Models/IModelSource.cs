namespace InternPlatform.Models;

/// <summary>A model as a file or folder holds it, whatever the format: our configuration, and weights under our names in our order.</summary>
public interface IModelSource : IDisposable
{
    /// <summary>Path it was opened by.</summary>
    string Path { get; }

    /// <summary>Shape and constants.</summary>
    ModelConfig Config { get; }

    /// <summary>Values of a weight in storage order, matrices [out, in]; rows of queries and keys in half-split order of rotary pairs.</summary>
    /// <param name="weightName">A name of <see cref="WeightNames"/>.</param>
    /// <exception cref="InvalidModelException">There is no such weight, or it cannot be read as floats.</exception>
    float[] ReadFloats(string weightName);

    /// <summary>How a matrix is stored where that is in few bits; null: as floats.</summary>
    /// <param name="weightName">A name of <see cref="WeightNames"/>.</param>
    WeightEncoding? EncodingOf(string weightName) => null;

    /// <summary>Codes and scales of a matrix in few bits, rows in the order of <see cref="ReadFloats"/>.</summary>
    /// <param name="weightName">A name of <see cref="WeightNames"/> that <see cref="EncodingOf"/> knows.</param>
    /// <exception cref="InvalidModelException">It is not stored so, or a scale is not a finite number.</exception>
    QuantizedMatrix ReadQuantized(string weightName) => throw new InvalidModelException(Path, $"the weight '{weightName}' is not quantised.");

    /// <summary>
    /// A reader of some rows of such a matrix, given the first one and how many: who packs strip by strip needs no second model's memory. Its arrays are its own and
    /// change with the next call. Null: the format is only read whole.
    /// </summary>
    /// <param name="weightName">A name of <see cref="WeightNames"/> that <see cref="EncodingOf"/> knows.</param>
    Func<int, int, QuantizedMatrix>? RowsOf(string weightName) => null;
}
