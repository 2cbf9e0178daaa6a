namespace InternPlatform.Models;

/// <summary>Types of GGUF's metadata values, with the format's own numbers.</summary>
internal enum GgufValueType : uint
{
    UInt8 = 0,
    Int8 = 1,
    UInt16 = 2,
    Int16 = 3,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    UInt64 = 10,
    Int64 = 11,
    Float64 = 12,
}

/// <summary>Reads one metadata value: as the .NET type of its width, an array as an array of it.</summary>
internal static class GgufValues
{
    // The least that a text takes: its length.
    private const int LeastTextBytes = 8;

    public static object Read(ref GgufReader reader)
    {
        var type = (GgufValueType)reader.Number<uint>();
        return type switch
        {
            GgufValueType.UInt8 => reader.Number<byte>(),
            GgufValueType.Int8 => reader.Number<sbyte>(),
            GgufValueType.UInt16 => reader.Number<ushort>(),
            GgufValueType.Int16 => reader.Number<short>(),
            GgufValueType.UInt32 => reader.Number<uint>(),
            GgufValueType.Int32 => reader.Number<int>(),
            GgufValueType.Float32 => reader.Number<float>(),
            GgufValueType.Bool => reader.Flag(),
            GgufValueType.String => reader.Text(int.MaxValue),
            GgufValueType.Array => ReadArray(ref reader),
            GgufValueType.UInt64 => reader.Number<ulong>(),
            GgufValueType.Int64 => reader.Number<long>(),
            GgufValueType.Float64 => reader.Number<double>(),
            _ => throw reader.Invalid($"has the unknown value type {(uint)type}."),
        };
    }

    private static object ReadArray(ref GgufReader reader)
    {
        var type = (GgufValueType)reader.Number<uint>();
        var count = reader.Number<ulong>();
        return type switch
        {
            GgufValueType.UInt8 => reader.Numbers<byte>(count),
            GgufValueType.Int8 => reader.Numbers<sbyte>(count),
            GgufValueType.UInt16 => reader.Numbers<ushort>(count),
            GgufValueType.Int16 => reader.Numbers<short>(count),
            GgufValueType.UInt32 => reader.Numbers<uint>(count),
            GgufValueType.Int32 => reader.Numbers<int>(count),
            GgufValueType.Float32 => reader.Numbers<float>(count),
            GgufValueType.Bool => ReadFlags(ref reader, count),
            GgufValueType.String => ReadTexts(ref reader, count),

            // The format's text allows them; llama.cpp does not read them, and depth would be the sender's choice.
            GgufValueType.Array => throw reader.Invalid("is an array of arrays."),
            GgufValueType.UInt64 => reader.Numbers<ulong>(count),
            GgufValueType.Int64 => reader.Numbers<long>(count),
            GgufValueType.Float64 => reader.Numbers<double>(count),
            _ => throw reader.Invalid($"is an array of the unknown value type {(uint)type}."),
        };
    }

    private static bool[] ReadFlags(ref GgufReader reader, ulong count)
    {
        reader.Charge((long)reader.ThrowIfBeyond(count, 1));
        var flags = new bool[count];
        for (var i = 0; i < flags.Length; i++)
        {
            flags[i] = reader.Flag();
        }

        return flags;
    }

    private static string[] ReadTexts(ref GgufReader reader, ulong count)
    {
        reader.Charge((long)reader.ThrowIfBeyond(count, LeastTextBytes) * LeastTextBytes);
        var texts = new string[count];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = reader.Text(int.MaxValue);
        }

        return texts;
    }
}
