using InternPlatform.Tensors;

namespace InternPlatform.Models;

/// <summary>Where a tensor lies in a safetensors file.</summary>
/// <param name="Name">Its name, unique in the file.</param>
/// <param name="DType">Type of its elements.</param>
/// <param name="Shape">Sizes, the slowest dimension first; empty for a scalar.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="Length">Bytes.</param>
public sealed record TensorEntry(string Name, DType DType, IReadOnlyList<long> Shape, long Offset, long Length)
{
    /// <summary>Number of elements.</summary>
    public long ElementCount => Length * 8 / DType.Bits();
}
