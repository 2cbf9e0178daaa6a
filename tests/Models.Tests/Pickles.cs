using System.IO.Compression;
using System.Text;

namespace InternPlatform.Models.Tests;

/// <summary>Pickles and archives as torch.save writes them, and as an attacker would.</summary>
internal static class Pickles
{
    public static byte[] Protocol { get; } = [0x80, 2];

    public static byte[] Text(string text) => [(byte)'X', .. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    public static byte[] Name(string module, string name) => [(byte)'c', .. Encoding.Latin1.GetBytes($"{module}\n{name}\n")];

    public static byte[] Integer(long value) => value switch
    {
        >= 0 and < 256 => [(byte)'K', (byte)value],
        >= 0 and < 65_536 => [(byte)'M', .. BitConverter.GetBytes((ushort)value)],
        >= int.MinValue and <= int.MaxValue => [(byte)'J', .. BitConverter.GetBytes((int)value)],
        _ => [0x8A, 8, .. BitConverter.GetBytes(value)],
    };

    public static byte[] Tuple(params byte[][] items) => [(byte)'(', .. items.SelectMany(item => item), (byte)'t'];

    public static byte[] Integers(long[] values) => Tuple([.. values.Select(Integer)]);

    public static byte[] OrderedDict { get; } = [.. Name("collections", "OrderedDict"), (byte)')', (byte)'R'];

    public static byte[] Storage(string type, string key, long count) =>
        [.. Tuple(Text("storage"), Name("torch", type), Text(key), Text("cpu"), Integer(count)), (byte)'Q'];

    public static byte[] Tensor(byte[] storage, long offset, long[] shape, long[] strides) =>
        Call("torch._utils", "_rebuild_tensor_v2", storage, Integer(offset), Integers(shape), Integers(strides), [0x89], OrderedDict);

    public static byte[] Call(string module, string name, params byte[][] arguments) => [.. Name(module, name), .. Tuple(arguments), (byte)'R'];

    /// <summary>A whole pickle: a dictionary with these items.</summary>
    public static byte[] Dictionary(params (string Key, byte[] Value)[] items) =>
        [.. Protocol, .. OrderedDict, (byte)'q', 0, (byte)'(', .. items.SelectMany(item => (byte[])[.. Text(item.Key), .. item.Value]), (byte)'u', (byte)'.'];

    public static void Write(string path, byte[] pickle, params (string Name, byte[] Content)[] entries) =>
        Write(path, CompressionLevel.NoCompression, [("archive/data.pkl", pickle), .. entries]);

    public static void Write(string path, CompressionLevel level, params (string Name, byte[] Content)[] entries)
    {
        using var archive = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        foreach (var (name, content) in entries)
        {
            using var stream = archive.CreateEntry(name, level).Open();
            stream.Write(content);
        }
    }
}
