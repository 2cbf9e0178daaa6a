using InternPlatform.Tests.Support;

namespace InternPlatform.Models.Tests;

public sealed class GgufTests : Folder
{
    private static readonly (string Key, object Value)[] AllTypes =
    [
        ("u8", (byte)255), ("i8", (sbyte)-128), ("u16", (ushort)65_535), ("i16", (short)-32_768), ("u32", uint.MaxValue), ("i32", int.MinValue),
        ("f32", 0.1f), ("flag", true), ("text", "好, \0 and é"), ("u64", ulong.MaxValue), ("i64", long.MinValue), ("f64", 0.1),
        ("texts", new[] { "", "a", "你好" }), ("floats", new[] { -1.5f, float.PositiveInfinity }), ("ints", new[] { 1, -1 }), ("uints", new uint[] { 7 }),
        ("flags", new[] { true, false }), ("bytes", new byte[] { 1, 2 }), ("sbytes", new sbyte[] { -1 }), ("ushorts", new ushort[] { 9 }), ("shorts", new short[] { -9 }),
        ("ulongs", new[] { 1UL }), ("longs", new[] { -1L }), ("doubles", new[] { 0.25 }), ("none", Array.Empty<string>()),
    ];

    private string File => In("a.gguf");

    [Fact]
    public void Metadata_of_every_type_come_back()
    {
        GgufWriter.Write(File, AllTypes, []);
        using var file = GgufFile.Open(File);
        Assert.Equal(AllTypes.Length, file.Metadata.Count);
        Assert.Empty(file.Tensors);
        foreach (var (key, value) in AllTypes)
        {
            Assert.IsType(value.GetType(), file.Metadata[key]);
            Assert.Equal(value, file.Metadata[key]);
        }
    }

    [Theory]
    [InlineData(GgufType.F32)]
    [InlineData(GgufType.F16)]
    [InlineData(GgufType.BF16)]
    [InlineData(GgufType.Q80)]
    [InlineData(GgufType.Q40)]
    public void Tensors_come_back_with_type_shape_and_values(GgufType type)
    {
        // Multiples of 1/8 up to 7/8, with -1 in each block, are exact in every type but Q8_0, whose scale is 1/127.
        var values = Enumerable.Range(0, 3 * 64).Select(i => i % 32 == 0 ? -1f : ((i % 15) - 7) / 8f).ToArray();
        GgufWriter.Write(File, [], [("a", GgufType.F32, [1], () => [3f]), ("x", type, [3, 64], () => values), ("层", GgufType.F16, [2, 1, 3], () => [1, 2, 3, 4, 5, 6])]);
        using var file = GgufFile.Open(File);
        Assert.Equal((type, 192), (file.Tensors["x"].Type, file.Tensors["x"].ValueCount));
        Assert.Equal([3, 64], file.Tensors["x"].Shape);
        Assert.Equal([2, 1, 3], file.Tensors["层"].Shape);
        Assert.All(file.Tensors.Values, tensor => Assert.Equal(0, tensor.Offset % 32));
        Assert.Equal(file.Tensors["x"].Length, file.Bytes("x").Length);
        Assert.Equal([1f, 2, 3, 4, 5, 6], file.ReadFloats("层"));
        var read = file.ReadFloats("x");
        Assert.All(values.Zip(read), pair => Assert.Equal(pair.First, pair.Second, type == GgufType.Q80 ? (1 / 254.0) + (1 / 2048.0) : 0));
    }

    [Fact]
    public void A_tensor_of_many_pieces_is_written_and_read_whole()
    {
        var values = Enumerable.Range(0, (1 << 20) + 64).Select(i => (float)(i % 1000)).ToArray();
        GgufWriter.Write(File, [], [("x", GgufType.F16, [values.Length], () => values), ("q", GgufType.Q80, [values.Length / 32, 32], () => new float[values.Length])]);
        using var file = GgufFile.Open(File);
        Assert.Equal(values, file.ReadFloats("x"));
        Assert.All(file.ReadFloats("q"), value => Assert.Equal(0, value));
    }

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        GgufWriter.Write(File, [("k", 7u)], [("t", GgufType.F32, [2, 1], () => [1, 2])]);
        byte[] expected =
        [
            .. "GGUF"u8, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
            1, 0, 0, 0, 0, 0, 0, 0, .. "k"u8, 4, 0, 0, 0, 7, 0, 0, 0,
            1, 0, 0, 0, 0, 0, 0, 0, .. "t"u8, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            .. new byte[14], 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, .. new byte[24],
        ];
        Assert.Equal(expected, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public void An_alignment_of_its_own_is_kept_to()
    {
        var file = new GgufBytes();
        file.Pairs.Add(GgufBytes.Pair("general.alignment", 4, BitConverter.GetBytes(8u)));
        file.Tensors.Add(GgufBytes.Tensor("a", [1], 0, 0));
        file.Tensors.Add(GgufBytes.Tensor("b", [1], 0, 8));
        var header = 24 + file.Pairs[0].Length + file.Tensors.Sum(tensor => tensor.Length);
        System.IO.File.WriteAllBytes(File, [.. file.ToArray()[..header], .. new byte[(8 - (header % 8)) % 8], .. BitConverter.GetBytes(1f), 0, 0, 0, 0, .. BitConverter.GetBytes(2f)]);
        using var read = GgufFile.Open(File);
        Assert.Equal([2f], read.ReadFloats("b"));
    }

    // Vocabularies that llama.cpp's own converter wrote.
    [Theory]
    [InlineData("phi-3", "phi3", 32_064)]
    [InlineData("gpt-2", "gpt2", 50_257)]
    public void Files_of_llama_cpp_are_read(string name, string architecture, int tokens)
    {
        var path = SharedData.Need($"tokenizers/llama.cpp/ggml-vocab-{name}.gguf");
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var file = GgufFile.Open(path);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (2 * new FileInfo(path).Length) + (16 << 20));
        Assert.Equal(architecture, file.Metadata["general.architecture"]);
        Assert.Equal(tokens, Assert.IsType<string[]>(file.Metadata["tokenizer.ggml.tokens"]).Length);
        Assert.Equal(tokens, Assert.IsType<int[]>(file.Metadata["tokenizer.ggml.token_type"]).Length);
        Assert.Empty(file.Tensors);
        Assert.Contains($"'{architecture}'", Assert.Throws<InvalidModelException>(() => GgufModel.Open(path)).Reason);
    }

    [Fact]
    public void Reading_what_is_not_there_says_so()
    {
        GgufWriter.Write(File, [], [("x", GgufType.F32, [1], () => [1])]);
        var file = GgufFile.Open(File);
        Assert.Contains("'y'", Assert.Throws<InvalidModelException>(() => file.ReadFloats("y")).Reason);
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Bytes("x").Length);
    }

    [Fact]
    public void The_writer_refuses_what_the_reader_would()
    {
        Refused([("k", 1), ("k", 2)], []);
        Refused([("k", new object())], []);
        Refused([("k", 1m)], []);
        Refused([("k", new[] { new[] { 1 } })], []);
        Refused([("general.alignment", 64u)], []);
        Refused([(new string('k', 65_536), 1)], []);
        Refused([], [("x", GgufType.F32, [1], () => [1]), ("x", GgufType.F32, [1], () => [1])]);
        Refused([], [(new string('x', 65), GgufType.F32, [1], () => [1])]);
        Refused([], [("x", GgufType.F32, [2], () => [1])]);
        Refused([], [("x", GgufType.F32, [], () => [1])]);
        Refused([], [("x", GgufType.F32, [0], () => [])]);
        Refused([], [("x", GgufType.F32, [1, 1, 1, 1, 1], () => [1])]);
        Refused([], [("x", GgufType.Q80, [2, 16], () => new float[32])]);
        Refused([], [("x", GgufType.Q4K, [128], () => new float[128])]);
        Assert.False(System.IO.File.Exists(File));
        Assert.False(System.IO.File.Exists(File + ".tmp"));
    }

    private void Refused((string, object)[] metadata, (string, GgufType, long[], Func<float[]>)[] tensors) =>
        Assert.Throws<ArgumentException>(() => GgufWriter.Write(File, metadata, tensors));
}
