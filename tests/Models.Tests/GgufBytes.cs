using System.Text;

namespace InternPlatform.Models.Tests;

/// <summary>A GGUF file in parts, each of which a test can spoil.</summary>
internal sealed class GgufBytes
{
    private static readonly (GgufType Type, int Row)[] Types =
        [(GgufType.F32, 5), (GgufType.F16, 3), (GgufType.BF16, 7), (GgufType.Q80, 64), (GgufType.Q40, 32), (GgufType.Q4K, 256), (GgufType.Q6K, 256)];

    public byte[] Magic { get; set; } = [.. "GGUF"u8];

    public uint Version { get; set; } = 3;

    public ulong? TensorCount { get; set; }

    public ulong? PairCount { get; set; }

    public List<byte[]> Pairs { get; } = [];

    public List<byte[]> Tensors { get; } = [];

    public byte[] Data { get; set; } = [];

    /// <summary>A sound file: some pairs, and tensors of every type in random order.</summary>
    public static GgufBytes Sound(Random random)
    {
        var file = new GgufBytes { Version = (uint)random.Next(2, 4) };
        file.Pairs.Add(Pair("general.architecture", 8, Text("llama")));
        file.Pairs.Add(Pair("llama.block_count", 4, BitConverter.GetBytes(random.Next(1, 99))));
        file.Pairs.Add(Pair("flag", 7, [(byte)random.Next(2)]));
        file.Pairs.Add(Pair("tokens", 9, Words(8, 3), Text("a"), Text("é"), Text("")));
        file.Pairs.Add(Pair("scores", 9, Words(6, 2), BitConverter.GetBytes(0.5f), BitConverter.GetBytes(float.NaN)));
        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(file.Pairs));
        var types = Types.ToArray();
        random.Shuffle(types);
        foreach (var (index, (type, row)) in types.Index())
        {
            var rows = random.Next(1, 4);
            file.Add($"t{index}", type, row, rows, random);
        }

        return file;
    }

    /// <summary>Appends a tensor of random bytes with its entry.</summary>
    public void Add(string name, GgufType type, int row, int rows, Random random)
    {
        Tensors.Add(Tensor(name, [(ulong)row, (ulong)rows], (uint)type, (ulong)Data.Length));
        var bytes = new byte[(row / type.BlockValues() * type.BlockBytes() * rows + 31) / 32 * 32];
        random.NextBytes(bytes);
        Data = [.. Data, .. bytes];
    }

    public byte[] ToArray()
    {
        byte[] header =
        [
            .. Magic, .. BitConverter.GetBytes(Version), .. BitConverter.GetBytes(TensorCount ?? (ulong)Tensors.Count),
            .. BitConverter.GetBytes(PairCount ?? (ulong)Pairs.Count), .. Pairs.SelectMany(pair => pair), .. Tensors.SelectMany(tensor => tensor),
        ];
        return [.. header, .. new byte[(32 - (header.Length % 32)) % 32], .. Data];
    }

    public static byte[] Text(string text) => Text(Encoding.UTF8.GetBytes(text), null);

    public static byte[] Text(byte[] utf8, ulong? length) => [.. BitConverter.GetBytes(length ?? (ulong)utf8.Length), .. utf8];

    public static byte[] Pair(string key, uint type, params byte[][] value) => [.. Text(key), .. BitConverter.GetBytes(type), .. value.SelectMany(part => part)];

    public static byte[] Tensor(string name, ulong[] sizes, uint type, ulong offset) => Tensor(Text(name), (uint)sizes.Length, sizes, type, offset);

    public static byte[] Tensor(byte[] name, uint dimensions, ulong[] sizes, uint type, ulong offset) =>
        [.. name, .. BitConverter.GetBytes(dimensions), .. sizes.SelectMany(BitConverter.GetBytes), .. BitConverter.GetBytes(type), .. BitConverter.GetBytes(offset)];

    /// <summary>Element type and count of an array.</summary>
    public static byte[] Words(uint type, ulong count) => [.. BitConverter.GetBytes(type), .. BitConverter.GetBytes(count)];
}
