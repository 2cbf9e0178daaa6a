namespace InternPlatform.Models;

/// <summary>Rows of a matrix of a GGUF file, straight from the mapped file.</summary>
/// <param name="file">The file.</param>
/// <param name="tensor">[N, K].</param>
/// <param name="headDim">Heads whose rows the file has interleaved; 0: there are none.</param>
internal sealed class GgufRows(GgufFile file, GgufTensor tensor, int headDim) : WeightRows
{
    private readonly int inputs = (int)tensor.Shape[1];
    private readonly int rowBytes = (int)(tensor.Length / tensor.Shape[0]);
    private byte[] reordered = [];
    private float[] floats = [];
    private QuantizedMatrix? codes;
    private SuperBlockMatrix? superBlocks;

    public override ReadOnlySpan<float> Floats(int first, int count)
    {
        var stored = Stored(first, count);
        floats = floats.Length == count * inputs ? floats : new float[count * inputs];
        GgufBlocks.Decode(tensor.Type, stored, floats);
        return floats;
    }

    public override QuantizedMatrix Codes(int first, int count) => codes = GgufQuantized.Read(file.Path, tensor, Stored(first, count), codes);

    public override SuperBlockMatrix SuperBlocks(int first, int count) => superBlocks = GgufSuperBlocks.Read(file.Path, tensor, Stored(first, count), superBlocks);

    private ReadOnlySpan<byte> Stored(int first, int count)
    {
        if ((long)count * Math.Max(rowBytes, inputs) > Array.MaxLength)
        {
            throw new InvalidModelException(file.Path, $"'{tensor.Name}' has {count} rows of {inputs} values, too many to look at as one piece.");
        }

        if (headDim == 0)
        {
            return file.Bytes(tensor.Name, (long)first * rowBytes, count * rowBytes);
        }

        reordered = reordered.Length == count * rowBytes ? reordered : new byte[count * rowBytes];
        for (var i = 0; i < count; i++)
        {
            file.Bytes(tensor.Name, (long)RotaryPairs.SplitFrom(first + i, headDim) * rowBytes, rowBytes).CopyTo(reordered.AsSpan(i * rowBytes));
        }

        return reordered;
    }
}
