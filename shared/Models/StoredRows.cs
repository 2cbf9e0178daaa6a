namespace InternPlatform.Models;

/// <summary>Rows of a matrix of floats in a safetensors file.</summary>
internal sealed class StoredRows(StoredWeight weight) : WeightRows
{
    private readonly int columns = (int)weight.Entry.Shape[^1];
    private float[] values = [];

    public override ReadOnlySpan<float> Floats(int first, int count)
    {
        values = values.Length == count * columns ? values : new float[count * columns];
        weight.ReadRows(first, values);
        return values;
    }
}
