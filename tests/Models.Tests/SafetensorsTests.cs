using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using InternPlatform.Tensors;

namespace InternPlatform.Models.Tests;

public sealed class SafetensorsTests : Folder
{
    private string File => In("a.safetensors");

    [Fact]
    public void Tensors_come_back_with_type_shape_and_bytes()
    {
        var random = new Random(1);
        var tensors = Enum.GetValues<DType>().Select(type => (Name: $"层.{type}", type, Shape: new long[] { 3, 8 }, Data: (ReadOnlyMemory<byte>)Bytes(random, 3 * type.Bits()))).ToArray();
        SafetensorsWriter.Write(File, tensors);
        using var file = SafetensorsFile.Open(File);
        Assert.Equal(tensors.Length, file.Tensors.Count);
        foreach (var (name, type, shape, data) in tensors)
        {
            Assert.Equal(type, file.Tensors[name].DType);
            Assert.Equal(shape, file.Tensors[name].Shape);
            Assert.Equal(data.ToArray(), file.Bytes(name).ToArray());
            Assert.Equal(24, file.Tensors[name].ElementCount);
        }
    }

    [Fact]
    public void Scalars_and_empty_tensors_are_tensors()
    {
        SafetensorsWriter.Write(File, [("scalar", DType.F32, [], BitConverter.GetBytes(2.5f)), ("empty", DType.F32, [0, 7], default), ("also empty", DType.F32, [0], default)]);
        using var file = SafetensorsFile.Open(File);
        Assert.Equal([2.5f], file.ReadFloats("scalar"));
        Assert.Empty(file.ReadFloats("empty"));
    }

    [Fact]
    public void A_file_without_tensors_is_a_file()
    {
        SafetensorsWriter.Write(File, []);
        using var file = SafetensorsFile.Open(File);
        Assert.Empty(file.Tensors);
    }

    [Fact]
    public void The_header_is_what_Hugging_Face_reads_and_the_data_are_aligned()
    {
        SafetensorsWriter.Write(File, [("b", DType.U8, [3], new byte[] { 1, 2, 3 }), ("a", DType.F32, [1], BitConverter.GetBytes(1f))]);
        var bytes = System.IO.File.ReadAllBytes(File);
        var length = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        Assert.Equal(
            """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[3],"data_offsets":[4,7]}}""",
            Encoding.UTF8.GetString(bytes.AsSpan(8, (int)length)).TrimEnd(' '));
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F64)]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    public void Floats_of_every_type_are_read_as_the_values_they_are(DType type)
    {
        // Values that all four types hold exactly, more than one chunk of them.
        var values = Enumerable.Range(0, (1 << 20) + 37).Select(i => (i % 255 - 127) / 16f).ToArray();
        SafetensorsWriter.Write(File, [("x", type, [values.Length], values.SelectMany(value => Encode(value, type)).ToArray())]);
        using var file = SafetensorsFile.Open(File);
        Assert.Equal(values, file.ReadFloats("x"));
    }

    [Fact]
    public void Reading_what_is_not_there_or_not_floats_says_so()
    {
        SafetensorsWriter.Write(File, [("x", DType.I64, [1], new byte[8]), ("f", DType.F32, [2], new byte[8])]);
        using var file = SafetensorsFile.Open(File);
        Assert.Contains("'y'", Assert.Throws<InvalidModelException>(() => file.ReadFloats("y")).Reason);
        Assert.Contains("I64", Assert.Throws<InvalidModelException>(() => file.ReadFloats("x")).Reason);
        Assert.Throws<ArgumentException>(() => file.ReadFloats("f", new float[3]));
    }

    [Fact]
    public void A_disposed_file_gives_no_bytes()
    {
        SafetensorsWriter.Write(File, [("x", DType.U8, [1], new byte[1])]);
        var file = SafetensorsFile.Open(File);
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Bytes("x").Length);
    }

    [Fact]
    public void The_writer_refuses_what_the_reader_would()
    {
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(File, [("x", DType.F32, [2], new byte[4])]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(File, [("x", DType.F4, [3], new byte[2])]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(File, [("x", DType.U8, [-1], default)]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(File, [("x", DType.U8, [1], new byte[1]), ("x", DType.U8, [1], new byte[1])]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(File, [("__metadata__", DType.U8, [1], new byte[1])]));
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public void An_unknown_key_of_a_tensor_is_ignored()
    {
        using var file = OpenHeader("""{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"note":{"a":[1]}}}""", 1);
        Assert.Single(file.Tensors);
    }

    // Each rule of the format once by hand, with what the message must name.
    [Theory]
    [InlineData("""[]""", 0, "'{'")]
    [InlineData(""" {}""", 0, "'{'")]
    [InlineData("""{""", 0, "JSON")]
    [InlineData("""{}x""", 0, "JSON")]
    [InlineData("""{} {}""", 0, "JSON")]
    [InlineData("""{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},}""", 1, "JSON")]
    [InlineData("""{"x":1}""", 0, "not an object")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "JSON")]
    [InlineData("""{"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "starts at byte 1")]
    [InlineData("""{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}""", 3, "'y' starts at byte 2")]
    [InlineData("""{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, "'y' starts at byte 1")]
    [InlineData("""{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 2, "starts at byte 0")]
    [InlineData("""{"x":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}""", 1, "data_offsets 1 and 0")]
    [InlineData("""{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 1, "cut off")]
    [InlineData("""{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 2, "something follows")]
    [InlineData("""{}""", 1, "something follows")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "data_offsets")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "data_offsets")]
    [InlineData("""{"x":{"dtype":"F64","shape":[9223372036854775807],"data_offsets":[0,8]}}""", 8, "data_offsets")]
    [InlineData("""{"x":{"dtype":"U8","shape":[18446744073709551617],"data_offsets":[0,1]}}""", 1, "'shape'")]
    [InlineData("""{"x":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1, "'shape'")]
    [InlineData("""{"x":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}""", 1, "'shape'")]
    [InlineData("""{"x":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}""", 1, "'shape'")]
    [InlineData("""{"x":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}""", 1, "not an array")]
    [InlineData("""{"x":{"dtype":"F4","shape":[1],"data_offsets":[0,0]}}""", 0, "data_offsets")]
    [InlineData("""{"x":{"dtype":"F6_E2M3","shape":[2],"data_offsets":[0,1]}}""", 1, "data_offsets")]
    [InlineData("""{"x":{"dtype":"F99","shape":[1],"data_offsets":[0,1]}}""", 1, "'F99'")]
    [InlineData("""{"x":{"dtype":1,"shape":[1],"data_offsets":[0,1]}}""", 1, "'dtype'")]
    [InlineData("""{"x":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "twice")]
    [InlineData("""{"x":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}""", 1, "twice")]
    [InlineData("""{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"data_offsets":[0,1]}}""", 1, "twice")]
    [InlineData("""{"x":{"dtype":"U8","shape":[1]}}""", 1, "lacks")]
    [InlineData("""{"x":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", 1, "lacks")]
    [InlineData("""{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}""", 1, "lacks")]
    [InlineData("""{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "twice")]
    [InlineData("""{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0078":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "twice")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "__metadata__")]
    [InlineData("""{"__metadata__":{"a":"1","a":"1"}}""", 0, "__metadata__")]
    [InlineData("""{"__metadata__":"x"}""", 0, "__metadata__")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "__metadata__")]
    [InlineData("""{"x":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}}""", 1, "data_offsets")]
    public void A_header_against_the_rules_is_refused_by_reason(string header, int dataBytes, string reason)
    {
        var thrown = Assert.Throws<InvalidModelException>(() => OpenHeader(header, dataBytes).Dispose());
        Assert.Contains(reason, thrown.Reason);
        Assert.Equal(File, thrown.File);
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1, 2, 3, 4, 5, 6, 7 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}' })]
    [InlineData(new byte[] { 0x01, 0xE1, 0xF5, 0x05, 0, 0, 0, 0, (byte)'{', (byte)'}' })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, (byte)'{', (byte)'}' })]
    [InlineData(new byte[] { 5, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)'}' })]
    public void A_file_too_short_for_what_it_claims_is_refused(byte[] bytes)
    {
        System.IO.File.WriteAllBytes(File, bytes);
        Assert.Throws<InvalidModelException>(() => SafetensorsFile.Open(File));
    }

    [Fact]
    public void A_header_over_the_limit_is_refused_even_if_it_is_there()
    {
        using (var stream = System.IO.File.Create(File))
        {
            stream.Write([0x01, 0xE1, 0xF5, 0x05, 0, 0, 0, 0, .. "{}"u8]);   // 100,000,001
            stream.SetLength(100_000_009);   // a hole: no disk is used
        }

        Assert.Contains("100000000", Assert.Throws<InvalidModelException>(() => SafetensorsFile.Open(File)).Reason);
    }

    [Fact]
    public void Layouts_with_holes_overlaps_and_tails_are_refused_and_their_repair_is_read()
    {
        var random = new Random(2);
        for (var i = 0; i < 400; i++)
        {
            var lengths = Enumerable.Range(0, random.Next(2, 8)).Select(_ => random.Next(1, 20)).ToArray();
            var ends = lengths.Select((_, n) => lengths[..(n + 1)].Sum()).ToArray();
            var spans = lengths.Select((length, n) => (Begin: ends[n] - length, End: ends[n])).ToArray();
            var order = Enumerable.Range(0, spans.Length).ToArray();
            random.Shuffle(order);
            using (var whole = OpenHeader(Header(order, spans), ends[^1]))
            {
                Assert.Equal(spans.Length, whole.Tensors.Count);
            }

            var broken = random.Next(spans.Length);
            var shift = random.Next(2) == 0 ? random.Next(1, 9) : -random.Next(1, 9);
            spans[broken] = (Math.Max(0, spans[broken].Begin + shift), Math.Max(0, spans[broken].End + shift));
            if (spans[broken].Begin != ends[broken] - lengths[broken])
            {
                Assert.Throws<InvalidModelException>(() => OpenHeader(Header(order, spans), ends[^1]).Dispose());
            }
        }
    }

    [Fact]
    public void A_zip_archive_in_front_behind_or_between_makes_no_second_file()
    {
        byte[] zip = [.. "PK\u0005\u0006"u8, .. new byte[18]];   // the smallest archive
        byte[] header = [.. "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}"u8];
        byte[] prefix = [(byte)header.Length, 0, 0, 0, 0, 0, 0, 0];
        foreach (var bytes in new byte[][] { [.. prefix, .. header, 1, .. zip], [.. zip, .. prefix, .. header, 1], [.. prefix, .. header, .. zip, 1], [.. prefix, .. zip, .. header, 1] })
        {
            System.IO.File.WriteAllBytes(File, bytes);
            Assert.Throws<InvalidModelException>(() => SafetensorsFile.Open(File));
        }
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        SafetensorsWriter.Write(File, [("x", DType.F32, [2, 2], new byte[16]), ("y", DType.U8, [3], new byte[3])]);
        var whole = System.IO.File.ReadAllBytes(File);
        for (var length = 0; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            Assert.Throws<InvalidModelException>(() => SafetensorsFile.Open(File));
        }
    }

    [Fact]
    public void A_mutated_file_is_refused_by_type_or_opens_within_its_bounds()
    {
        SafetensorsWriter.Write(File, [("x", DType.F32, [2, 2], new byte[16]), ("y", DType.F16, [3], new byte[6]), ("z", DType.U8, [0], default)]);
        var whole = System.IO.File.ReadAllBytes(File);
        var random = new Random(3);
        var refused = 0;
        for (var i = 0; i < 5000; i++)
        {
            var bytes = whole.ToList();
            for (var edits = random.Next(1, 4); edits > 0; edits--)
            {
                var at = random.Next(random.Next(4) == 0 ? 8 : bytes.Count - 22);
                switch (random.Next(3))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes.RemoveAt(at); break;
                    default: bytes.Insert(at, (byte)"0123456789{}[]\",:-"[random.Next(18)]); break;
                }
            }

            System.IO.File.WriteAllBytes(File, bytes.ToArray());
            try
            {
                using var file = SafetensorsFile.Open(File);
                Assert.Equal(file.Tensors.Values.Sum(tensor => tensor.Length), file.Tensors.Keys.Sum(name => file.Bytes(name).Length));
            }
            catch (InvalidModelException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 2500, 5000);
    }

    [Fact]
    public void A_Git_LFS_pointer_is_named_as_one()
    {
        System.IO.File.WriteAllText(File, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
        Assert.Contains("Git LFS pointer", Assert.Throws<InvalidModelException>(() => SafetensorsFile.Open(File)).Reason);
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Encode(float value, DType type) => type switch
    {
        DType.F32 => BitConverter.GetBytes(value),
        DType.F64 => BitConverter.GetBytes((double)value),
        DType.F16 => BitConverter.GetBytes((Half)value),
        _ => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)),
    };

    private static string Header(int[] order, (int Begin, int End)[] spans) => JsonSerializer.Serialize(
        order.ToDictionary(n => $"t{n}", n => new Dictionary<string, object> { ["dtype"] = "U8", ["shape"] = new[] { spans[n].End - spans[n].Begin }, ["data_offsets"] = new[] { spans[n].Begin, spans[n].End } }));

    private SafetensorsFile OpenHeader(string header, int dataBytes)
    {
        var json = Encoding.UTF8.GetBytes(header);
        System.IO.File.WriteAllBytes(File, [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. new byte[dataBytes]]);
        return SafetensorsFile.Open(File);
    }
}
