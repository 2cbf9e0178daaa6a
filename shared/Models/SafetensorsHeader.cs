using System.Text.Json;
using System.Text.Unicode;
using InternPlatform.Tensors;

namespace InternPlatform.Models;

/// <summary>
/// The JSON header of a safetensors file, refused where upstream refuses it: keys given twice, sizes that overflow or
/// do not fit the shape, and any layout but tensors one after another from the first byte to the last. So no byte
/// belongs to two tensors (which a small file could use to take all memory) or to none (which could hide something).
/// </summary>
internal ref struct SafetensorsHeader
{
    private readonly string path;
    private readonly long bufferStart;
    private Utf8JsonReader reader;

    private SafetensorsHeader(string path, ReadOnlySpan<byte> json, long bufferStart)
    {
        this.path = path;
        this.bufferStart = bufferStart;
        reader = new Utf8JsonReader(json);
    }

    /// <param name="path">Named in errors.</param>
    /// <param name="json">The header's bytes.</param>
    /// <param name="bufferStart">Where in the file the data begin.</param>
    /// <param name="fileLength">Where they end.</param>
    public static Dictionary<string, TensorEntry> Parse(string path, ReadOnlySpan<byte> json, long bufferStart, long fileLength)
    {
        if (json.IsEmpty || json[0] != '{')
        {
            throw new InvalidModelException(path, "the header does not start with '{'.");
        }

        if (!Utf8.IsValid(json))
        {
            throw new InvalidModelException(path, "the header is not UTF-8.");
        }

        try
        {
            var tensors = new SafetensorsHeader(path, json, bufferStart).ReadTensors();
            ThrowIfNotContiguous(path, tensors.Values, bufferStart, fileLength);
            return tensors;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidModelException(path, $"the header is not the JSON of a safetensors file: {e.Message}", e);
        }
    }

    private static void ThrowIfNotContiguous(string path, IEnumerable<TensorEntry> tensors, long bufferStart, long fileLength)
    {
        var end = bufferStart;
        foreach (var tensor in tensors.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.Length))
        {
            if (tensor.Offset != end)
            {
                throw new InvalidModelException(path,
                    $"tensor '{tensor.Name}' starts at byte {tensor.Offset - bufferStart} of the data, but the tensors before it end at {end - bufferStart}.");
            }

            end += tensor.Length;
            if (end > fileLength)
            {
                throw new InvalidModelException(path, $"tensor '{tensor.Name}' ends at byte {end}, but the file has {fileLength}: it is cut off.");
            }
        }

        if (end != fileLength)
        {
            throw new InvalidModelException(path, $"the tensors end at byte {end}, but the file has {fileLength}: something follows them.");
        }
    }

    private Dictionary<string, TensorEntry> ReadTensors()
    {
        var tensors = new Dictionary<string, TensorEntry>(StringComparer.Ordinal);
        var hasMetadata = false;
        reader.Read();
        while (NextKey() is { } name)
        {
            if (name != "__metadata__")
            {
                if (!tensors.TryAdd(name, ReadTensor(name)))
                {
                    throw Invalid($"tensor '{name}' is given twice.");
                }
            }
            else if (hasMetadata)
            {
                throw Invalid("'__metadata__' is given twice.");
            }
            else
            {
                ReadMetadata();
                hasMetadata = true;
            }
        }

        while (reader.Read())
        {
            // Padding; anything else after the object throws.
        }

        return tensors;
    }

    private TensorEntry ReadTensor(string name)
    {
        DType? type = null;
        List<long>? shape = null, offsets = null;
        Expect(JsonTokenType.StartObject, name);
        while (NextKey() is { } key)
        {
            reader.Read();
            switch (key)
            {
                case "dtype" when type is null && reader.TokenType == JsonTokenType.String:
                    type = SafetensorsDTypes.Read(reader.GetString()!) ?? throw Invalid($"tensor '{name}' has the unknown dtype '{reader.GetString()}'.");
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(name, "shape");
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(name, "data_offsets");
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw Invalid($"tensor '{name}' has '{key}' twice, or not as it should be.");
                default:
                    reader.Skip();
                    break;
            }
        }

        return type is { } known && shape is not null && offsets is [var begin, var end]
            ? Entry(name, known, shape, begin, end)
            : throw Invalid($"tensor '{name}' lacks dtype, shape or two data_offsets.");
    }

    private readonly TensorEntry Entry(string name, DType type, List<long> shape, long begin, long end)
    {
        if (end < begin || begin > long.MaxValue - bufferStart)
        {
            throw Invalid($"tensor '{name}' has the data_offsets {begin} and {end}.");
        }

        return SafetensorsDTypes.BytesOf(shape, type) == end - begin
            ? new TensorEntry(name, type, shape, bufferStart + begin, end - begin)
            : throw Invalid($"tensor '{name}' of shape [{string.Join(", ", shape)}] and type {type} does not have the {end - begin} bytes of its data_offsets.");
    }

    private List<long> ReadNumbers(string name, string key)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Invalid($"'{key}' of tensor '{name}' is not an array.");
        }

        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
            {
                throw Invalid($"'{key}' of tensor '{name}' holds something that is not a whole number from 0 to 2^63 - 1.");
            }

            numbers.Add(number);
        }

        return numbers;
    }

    private void ReadMetadata()
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        Expect(JsonTokenType.StartObject, "__metadata__");
        while (NextKey() is { } key)
        {
            reader.Read();
            if (!keys.Add(key) || reader.TokenType != JsonTokenType.String)
            {
                throw Invalid($"'__metadata__' has '{key}' twice, or not as a string.");
            }
        }
    }

    private string? NextKey()
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.PropertyName ? reader.GetString() : null;
    }

    private void Expect(JsonTokenType type, string name)
    {
        if (!reader.Read() || reader.TokenType != type)
        {
            throw Invalid($"'{name}' is not an object.");
        }
    }

    private readonly InvalidModelException Invalid(string reason) => new(path, reason);
}
