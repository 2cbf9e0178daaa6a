namespace InternPlatform.Models;

/// <summary>Where a tensor lies in a GGUF file.</summary>
/// <param name="Name">Its name, unique in the file.</param>
/// <param name="Type">How its values are stored.</param>
/// <param name="Shape">Sizes, the slowest dimension first, as everywhere here; the file has them the other way round.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="Length">Bytes.</param>
public sealed record GgufTensor(string Name, GgufType Type, IReadOnlyList<long> Shape, long Offset, long Length)
{
    /// <summary>Number of values.</summary>
    public long ValueCount => Length / Type.BlockBytes() * Type.BlockValues();
}
