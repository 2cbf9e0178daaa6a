using System.Text;

namespace InternPlatform.Tokenization.Tests;

/// <summary>Keys and values at the head of a GGUF file, and nothing of its tensors.</summary>
internal static class GgufMetadata
{
    public static Dictionary<string, object> Read(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        Assert.Equal("GGUF"u8, reader.ReadBytes(4));
        Assert.InRange(reader.ReadInt32(), 2, 3);
        reader.ReadInt64();
        var metadata = new Dictionary<string, object>();
        for (var n = reader.ReadInt64(); n > 0; n--)
        {
            metadata.Add(Text(reader), Value(reader, reader.ReadInt32()));
        }

        return metadata;
    }

    private static object Value(BinaryReader reader, int type) => type switch
    {
        0 => reader.ReadByte(),
        4 => reader.ReadUInt32(),
        5 => reader.ReadInt32(),
        6 => reader.ReadSingle(),
        7 => reader.ReadByte() != 0,
        8 => Text(reader),
        9 => Items(reader, reader.ReadInt32()),
        10 => reader.ReadUInt64(),
        _ => throw new InvalidDataException($"GGUF type {type}"),
    };

    private static object Items(BinaryReader reader, int type)
    {
        var items = Enumerable.Range(0, (int)reader.ReadInt64()).Select(_ => Value(reader, type)).ToArray();
        return type switch
        {
            8 => Array.ConvertAll(items, item => (string)item),
            6 => Array.ConvertAll(items, item => (float)item),
            _ => Array.ConvertAll(items, item => (int)item),
        };
    }

    private static string Text(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadInt64()));
}
