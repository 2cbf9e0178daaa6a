using InternPlatform.Tensors;

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

    /// <summary>What a matrix of floats is stored as: F16, BF16, or F32 for all that is wider.</summary>
    /// <param name="weightName">A name of <see cref="WeightNames"/>.</param>
    DType FloatTypeOf(string weightName) => DType.F32;

    /// <summary>A reader of a matrix' rows, in the order of <see cref="ReadFloats"/>.</summary>
    /// <param name="weightName">A name of <see cref="WeightNames"/>, of a matrix.</param>
    /// <exception cref="InvalidModelException">There is no such weight, or it cannot be read.</exception>
    WeightRows RowsOf(string weightName) => new WholeRows(ReadFloats(weightName), (int)WeightNames.All(Config).First(weight => weight.Name == weightName).Shape[^1]);
}
