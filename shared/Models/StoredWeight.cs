namespace InternPlatform.Models;

/// <summary>A weight in a safetensors file: a tensor, or grouped rows of one.</summary>
internal sealed class StoredWeight
{
    private readonly SafetensorsFile file;
    private readonly string stored;
    private readonly GroupedRows? rows;

    public StoredWeight(SafetensorsFile file, TensorEntry tensor)
        : this(file, tensor, tensor.Name, null)
    {
    }

    private StoredWeight(SafetensorsFile file, TensorEntry tensor, string name, GroupedRows? rows)
    {
        this.file = file;
        this.rows = rows;
        stored = tensor.Name;
        if (rows is not null && (tensor.Shape.Count == 0 || tensor.Shape[0] != (long)rows.Groups * rows.Stride))
        {
            throw new InvalidModelException(file.Path,
                $"'{tensor.Name}' has the shape [{string.Join(", ", tensor.Shape)}], but config.json makes it {rows.Groups} groups of {rows.Stride} rows.");
        }

        Entry = rows is null ? tensor with { Name = name } : tensor with
        {
            Name = name,
            Shape = [(long)rows.Groups * rows.Count, .. tensor.Shape.Skip(1)],
            Length = tensor.Length / rows.Stride * rows.Count,
        };
    }

    /// <summary>The same tensor, or rows of it, under another name.</summary>
    public StoredWeight As(string name, GroupedRows? part) => new(file, file.Tensors[stored], name, part);

    public string Path => file.Path;

    /// <summary>Type, shape and bytes; of grouped rows the offset is that of the tensor that holds them.</summary>
    public TensorEntry Entry { get; }

    /// <summary>In the file, or a copy where rows are gathered.</summary>
    public ReadOnlySpan<byte> Bytes() => rows is null ? file.Bytes(stored) : rows.Of(file.Bytes(stored));

    /// <summary>Values of as many rows as the destination takes.</summary>
    public void ReadRows(int first, Span<float> destination)
    {
        var columns = (int)Entry.Shape[^1];
        if (rows is null)
        {
            file.ReadFloats(stored, (long)first * columns, destination);
            return;
        }

        for (var row = first; !destination.IsEmpty; row++, destination = destination[columns..])
        {
            file.ReadFloats(stored, (long)rows.From(row) * columns, destination[..columns]);
        }
    }

    public float[] ReadFloats() => rows is null ? file.ReadFloats(stored) : rows.Of<float>(file.ReadFloats(stored));
}
