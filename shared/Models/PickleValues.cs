using InternPlatform.Tensors;

namespace InternPlatform.Models;

/// <summary>A storage that a pickle refers to: a flat run of elements, an entry of its own in the archive.</summary>
/// <param name="Type">Type of the elements.</param>
/// <param name="Key">Its name in the archive.</param>
/// <param name="Count">Number of elements.</param>
internal sealed record PickledStorage(DType Type, string Key, long Count);

/// <summary>A tensor in a pickle: rows one after another in a storage.</summary>
/// <param name="Storage">Where its elements are.</param>
/// <param name="Offset">First element.</param>
/// <param name="Shape">Sizes, the slowest dimension first.</param>
internal sealed record PickledTensor(PickledStorage Storage, long Offset, long[] Shape)
{
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Arguments of <c>torch._utils._rebuild_tensor_v2</c>; null: not those of a tensor that lies in one piece within its storage.</summary>
    public static PickledTensor? Of(object?[] arguments)
    {
        if (arguments is not [PickledStorage storage, long offset, object?[] sizes, object?[] steps, bool, Dictionary<string, object?> { Count: 0 }])
        {
            return null;
        }

        var (shape, strides) = (sizes.OfType<long>().ToArray(), steps.OfType<long>().ToArray());
        if (shape.Length != sizes.Length || strides.Length != shape.Length || steps.Length != shape.Length)
        {
            return null;
        }

        return SafetensorsDTypes.BytesOf(Positive(shape), storage.Type) is not null && Array.TrueForAll(shape, size => size >= 0) && IsContiguous(shape, strides)
            && offset >= 0 && offset <= storage.Count - shape.Aggregate(1L, (product, size) => product * size)
            ? new(storage, offset, shape)
            : null;
    }

    // A negative size would pass for a large unsigned one.
    private static long[] Positive(long[] shape) => Array.ConvertAll(shape, size => Math.Max(0, size));

    // Strides of dimensions with one row mean nothing. Any other stride than the sizes' own could name the same bytes many times.
    private static bool IsContiguous(long[] shape, long[] strides)
    {
        var step = 1L;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            if (shape[i] != 1 && strides[i] != step)
            {
                return false;
            }

            step *= shape[i];
        }

        return true;
    }
}

/// <summary>One of the few names that a pickle may call: nothing is looked up, each is known here or refused.</summary>
internal sealed record PickledName(string Name)
{
    public const string OrderedDict = "collections.OrderedDict";
    public const string Tensor = "torch._utils._rebuild_tensor_v2";
    public const string Parameter = "torch._utils._rebuild_parameter";

    private static readonly Dictionary<string, DType> StorageTypes = new(StringComparer.Ordinal)
    {
        ["torch.FloatStorage"] = DType.F32,
        ["torch.HalfStorage"] = DType.F16,
        ["torch.BFloat16Storage"] = DType.BF16,
        ["torch.DoubleStorage"] = DType.F64,
        ["torch.LongStorage"] = DType.I64,
        ["torch.IntStorage"] = DType.I32,
        ["torch.ShortStorage"] = DType.I16,
        ["torch.CharStorage"] = DType.I8,
        ["torch.ByteStorage"] = DType.U8,
        ["torch.BoolStorage"] = DType.Bool,
    };

    public DType? StorageType => StorageTypes.TryGetValue(Name, out var type) ? type : null;

    public bool IsKnown => Name is OrderedDict or Tensor or Parameter || StorageType is not null;
}
