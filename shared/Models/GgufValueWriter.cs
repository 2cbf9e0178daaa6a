using System.Text;

namespace InternPlatform.Models;

/// <summary>Writes metadata values of GGUF, each by its .NET type.</summary>
internal static class GgufValueWriter
{
    public static void Write(BinaryWriter writer, string key, object value)
    {
        if (value is Array array)
        {
            writer.Write((uint)GgufValueType.Array);
            writer.Write((uint)TypeOf(key, array.GetType().GetElementType()!));
            writer.Write((ulong)array.Length);
            foreach (var element in array)
            {
                WriteBare(writer, element);
            }
        }
        else
        {
            writer.Write((uint)TypeOf(key, value.GetType()));
            WriteBare(writer, value);
        }
    }

    public static void WriteText(BinaryWriter writer, string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)utf8.Length);
        writer.Write(utf8);
    }

    private static GgufValueType TypeOf(string key, Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => GgufValueType.UInt8,
        TypeCode.SByte => GgufValueType.Int8,
        TypeCode.UInt16 => GgufValueType.UInt16,
        TypeCode.Int16 => GgufValueType.Int16,
        TypeCode.UInt32 => GgufValueType.UInt32,
        TypeCode.Int32 => GgufValueType.Int32,
        TypeCode.Single => GgufValueType.Float32,
        TypeCode.Boolean => GgufValueType.Bool,
        TypeCode.String => GgufValueType.String,
        TypeCode.UInt64 => GgufValueType.UInt64,
        TypeCode.Int64 => GgufValueType.Int64,
        TypeCode.Double => GgufValueType.Float64,
        _ => throw new ArgumentException($"The value of '{key}' is of type {type.Name}, which GGUF does not have.", nameof(type)),
    };

    private static void WriteBare(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case byte number: writer.Write(number); break;
            case sbyte number: writer.Write(number); break;
            case ushort number: writer.Write(number); break;
            case short number: writer.Write(number); break;
            case uint number: writer.Write(number); break;
            case int number: writer.Write(number); break;
            case float number: writer.Write(number); break;
            case bool flag: writer.Write(flag); break;
            case string text: WriteText(writer, text); break;
            case ulong number: writer.Write(number); break;
            case long number: writer.Write(number); break;
            case double number: writer.Write(number); break;
        }
    }
}
