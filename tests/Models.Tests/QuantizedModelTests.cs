using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using InternPlatform.Tensors;

namespace InternPlatform.Models.Tests;

public sealed class QuantizedModelTests : Folder
{
    private string Original => In("original");

    private string Quantized => In("quantized");

    [Fact]
    public void Nibbles_lie_in_the_order_of_the_AWQ_kernels()
    {
        // One input, eight outputs with the codes 0, 1, … 7. AWQ's order [0, 2, 4, 6, 1, 3, 5, 7] puts output 0 into bits 0-3, output 2 into bits 4-7, and so on.
        var matrix = new QuantizedMatrix { Outputs = 8, Inputs = 1, Bits = 4, GroupSize = 1, Codes = [0, 1, 2, 3, 4, 5, 6, 7], Zeros = [15, 0, 0, 0, 0, 0, 0, 8], Scales = [1, 2, 3, 4, 5, 6, 7, 8] };
        var tensors = AwqFormat.Write("m.weight", matrix).ToList();

        Assert.Equal(["m.qweight", "m.qzeros", "m.scales"], tensors.Select(tensor => tensor.Name));
        Assert.Equal([DType.I32, DType.I32, DType.F16], tensors.Select(tensor => tensor.DType));
        Assert.Equal([0x7531_6420u], MemoryMarshal.Cast<byte, uint>(tensors[0].Data.Span).ToArray());
        Assert.Equal([0x8000_000Fu], MemoryMarshal.Cast<byte, uint>(tensors[1].Data.Span).ToArray());
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], MemoryMarshal.Cast<byte, Half>(tensors[2].Data.Span).ToArray().Select(scale => (int)scale));
    }

    [Fact]
    public void Words_are_read_in_the_same_order_input_after_input()
    {
        // Two inputs, sixteen outputs: row k of qweight has the words of outputs 0-7 and 8-15.
        uint[] words = [0x7531_6420, 0x1111_1111, 0x0000_0000, 0xFEDC_BA98];
        var (all, rest) = (new sbyte[32], new sbyte[16]);
        AwqFormat.Unpack(words, words: 2, first: 0, all, columns: 2);
        AwqFormat.Unpack(words, words: 2, first: 8, rest, columns: 2);

        Assert.Equal([0, 0], all[..2].Select(code => (int)code));
        Assert.Equal([5, 0], all[10..12].Select(code => (int)code));
        Assert.Equal([1, 8], all[16..18].Select(code => (int)code));
        Assert.Equal([1, 12], all[18..20].Select(code => (int)code));   // output 9 is the fifth nibble: 0xC
        Assert.Equal([1, 15], all[30..].Select(code => (int)code));
        Assert.Equal(all[16..], rest);
    }

    [Fact]
    public void Rows_of_a_folder_are_those_of_the_whole()
    {
        foreach (var bits in new[] { 4, 8 })
        {
            Write(bits);
            using (var folder = ModelFolder.Open(Quantized))
            {
                AssertRows(folder);
            }

            Directory.Delete(Quantized, recursive: true);
        }

        using var floats = ModelFolder.Open(Original);
        AssertRows(floats);

        static void AssertRows(ModelFolder folder)
        {
            foreach (var (name, shape) in WeightNames.All(folder.Config).Where(weight => weight.Shape.Length == 2))
            {
                var (whole, rows, columns) = (folder.ReadFloats(name), folder.RowsOf(name), (int)shape[1]);
                for (var row = 0; row + 8 <= shape[0]; row += 8)
                {
                    Assert.True(rows.Floats(row, 8).SequenceEqual(whole.AsSpan(row * columns, 8 * columns)), $"{name} from row {row} on");
                }
            }
        }
    }

    [Fact]
    public void Rounding_four_bits_by_hand()
    {
        // Range -1 … 2: s = 0.2 (as f16 0.199951), z = 5.
        var matrix = RoundToNearest.FourBits([-1, 2, 0, 0.31f, 0, 0, 0, 1, 4, 4, 4, 4, 4, 4, 4, 8], inputs: 8, groupSize: 8);

        Assert.Equal((float)(Half)0.2f, matrix.Scales[0]);
        Assert.Equal(5, matrix.Zeros[0]);
        Assert.Equal([0, 15, 5, 7, 5, 5, 5, 10], matrix.Codes[..8].Select(code => (int)code));
        // All above zero: the range begins at zero all the same.
        Assert.Equal(0, matrix.Zeros[1]);
        Assert.Equal(15, matrix.Codes[15]);
    }

    [Fact]
    public void Rounding_eight_bits_by_hand()
    {
        var matrix = RoundToNearest.EightBits([-1.27f, 0.5f, 0, 0], inputs: 2);

        Assert.Equal([0.01f, 1], matrix.Scales);
        Assert.Equal([-127, 50, 0, 0], matrix.Codes.Select(code => (int)code));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(4)]
    public void A_quantised_folder_comes_back_as_it_was_rounded(int bits)
    {
        var (config, values) = Write(bits);
        using var folder = ModelFolder.Open(Quantized);

        Assert.Equal(config.ToJson(), folder.Config.ToJson());
        Assert.Equal(bits, folder.Config.Quantization!.Bits);
        foreach (var (name, shape) in WeightNames.All(config))
        {
            var isConverted = shape.Length == 2 && name is not (WeightNames.Embedding or WeightNames.LmHead);
            Assert.Equal(isConverted, folder.IsQuantized(name));
            Assert.True(folder.Has(name));
            var expected = !isConverted ? values[name]
                : (bits == 4 ? RoundToNearest.FourBits(values[name], (int)shape[1], 8) : RoundToNearest.EightBits(values[name], (int)shape[1])).Dequantize();
            Assert.Equal(expected, folder.ReadFloats(name));
        }

        using var original = ModelFolder.Open(Original);
        Assert.True(folder.WeightBytes < original.WeightBytes);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(4)]
    public void The_same_model_gives_the_same_bytes(int bits)
    {
        Write(bits);
        var first = File.ReadAllBytes(Path.Combine(Quantized, "model.safetensors"));
        Write(bits);
        Assert.Equal(first, File.ReadAllBytes(Path.Combine(Quantized, "model.safetensors")));
    }

    [Fact]
    public void Errors_fall_with_more_bits_and_are_told_for_every_matrix()
    {
        var (four, eight) = (new Dictionary<string, double>(), new Dictionary<string, double>());
        WriteOriginal();
        using var folder = ModelFolder.Open(Original);
        RoundToNearest.Quantize(folder, QuantizationConfig.FourBits(8), four.Add, CancellationToken.None);
        RoundToNearest.Quantize(folder, QuantizationConfig.EightBits(), eight.Add, CancellationToken.None);

        Assert.Equal(7 * TinyModel.Config.LayerCount, four.Count);
        Assert.All(four, weight => Assert.InRange(weight.Value, 1e-4, 0.2));
        Assert.All(eight, weight => Assert.True(weight.Value < four[weight.Key] / 4));
    }

    [Fact]
    public void The_configuration_says_what_readers_of_these_layouts_look_for()
    {
        var four = JsonNode.Parse((TinyModel.Config with { Quantization = QuantizationConfig.FourBits(8) }).ToJson())!["quantization_config"]!;
        var eight = JsonNode.Parse((TinyModel.Config with { Quantization = QuantizationConfig.EightBits() }).ToJson())!["quantization_config"]!;

        Assert.Equal("""{"quant_method":"awq","version":"gemm","bits":4,"group_size":8,"zero_point":true}""", four.ToJsonString());
        Assert.Equal("""{"quant_method":"smooth_quant","quant_dtype":"int8","bits":8,"weight_only":true}""", eight.ToJsonString());
    }

    [Theory]
    [InlineData("""{"quant_method":"gptq","bits":4}""", "quant_method 'gptq'")]
    [InlineData("""{"quant_method":"awq","bits":3}""", "bits 3")]
    [InlineData("""{"quant_method":"awq","version":"gemv"}""", "version")]
    [InlineData("""{"quant_method":"awq","zero_point":false}""", "zero_point")]
    [InlineData("""{"quant_method":"awq","group_size":0}""", "group_size is 0")]
    [InlineData("""{"quant_method":"awq","group_size":12}""", "multiple of 8")]
    [InlineData("""{"quant_method":"awq","group_size":32}""", "groups of 32 do not divide")]
    [InlineData("""{"quant_method":"awq","group_size":"8"}""", "not a whole number")]
    [InlineData("""{"quant_method":"smooth_quant","quant_dtype":"float8_e4m3fn"}""", "quant_dtype")]
    [InlineData("""{"quant_method":"awq","modules_to_not_convert":[1]}""", "modules_to_not_convert")]
    [InlineData("[]", "not an object")]
    public void What_cannot_be_run_is_refused_by_name(string quantization, string reason)
    {
        var json = JsonNode.Parse(TinyModel.Config.ToJson())!;
        json["quantization_config"] = JsonNode.Parse(quantization);
        Assert.Contains(reason, Assert.Throws<InvalidModelException>(() => ModelConfig.Parse(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()))).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packed_weight_of_another_shape_or_type_is_refused_when_the_folder_is_opened()
    {
        Write(4);
        var path = Path.Combine(Quantized, "model.safetensors");
        var name = QuantizedNames.PackedCodes(WeightNames.Layer(1).DownProj);
        var tensors = Tensors(path);
        var at = tensors.FindIndex(tensor => tensor.Name == name);

        tensors[at] = tensors[at] with { Shape = [tensors[at].Shape[1], tensors[at].Shape[0]] };
        SafetensorsWriter.Write(path, tensors);
        Assert.Contains(name, Assert.Throws<InvalidModelException>(() => ModelFolder.Open(Quantized)).Reason, StringComparison.Ordinal);

        tensors[at] = tensors[at] with { Shape = [tensors[at].Shape[1], tensors[at].Shape[0]], DType = DType.F32 };
        SafetensorsWriter.Write(path, tensors);
        Assert.Contains("I32", Assert.Throws<InvalidModelException>(() => ModelFolder.Open(Quantized)).Reason, StringComparison.Ordinal);

        tensors.RemoveAt(at);
        SafetensorsWriter.Write(path, tensors);
        Assert.Contains("is missing", Assert.Throws<InvalidModelException>(() => ModelFolder.Open(Quantized)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scale_that_is_no_number_is_refused_when_it_is_read()
    {
        Write(8);
        var path = Path.Combine(Quantized, "model.safetensors");
        var tensors = Tensors(path);
        var at = tensors.FindIndex(tensor => tensor.Name == QuantizedNames.RowScale(WeightNames.Layer(0).QProj));
        tensors[at] = tensors[at] with { Data = MemoryMarshal.AsBytes<float>(Enumerable.Repeat(float.NaN, (int)tensors[at].Shape[0]).ToArray()).ToArray() };
        SafetensorsWriter.Write(path, tensors);

        using var folder = ModelFolder.Open(Quantized);
        Assert.Throws<InvalidModelException>(() => folder.ReadQuantized(WeightNames.Layer(0).QProj));
    }

    [Fact]
    public void Modules_that_are_not_converted_stay_floats()
    {
        WriteOriginal();
        var quantization = QuantizationConfig.EightBits() with { NotConverted = ["layers.0.", "down_proj"] };
        using var original = ModelFolder.Open(Original);
        ModelFolderWriter.Write(Quantized, original.Config with { Quantization = quantization }, original.Tokenizer, RoundToNearest.Quantize(original, quantization, (_, _) => { }, CancellationToken.None));

        using var folder = ModelFolder.Open(Quantized);
        Assert.False(folder.IsQuantized(WeightNames.Layer(0).QProj));
        Assert.False(folder.IsQuantized(WeightNames.Layer(1).DownProj));
        Assert.True(folder.IsQuantized(WeightNames.Layer(1).QProj));
        Assert.Equal(original.ReadFloats(WeightNames.Layer(1).DownProj), folder.ReadFloats(WeightNames.Layer(1).DownProj));
    }

    [Fact]
    public void What_cannot_be_rounded_is_refused_with_what_to_do()
    {
        Write(4);
        using var quantized = ModelFolder.Open(Quantized);
        using var original = ModelFolder.Open(Original);
        Assert.Contains("already", Refusal(quantized, QuantizationConfig.EightBits()), StringComparison.Ordinal);
        Assert.Contains("Group sizes that fit this model: 8.", Refusal(original, QuantizationConfig.FourBits(16)), StringComparison.Ordinal);

        ModelFolderWriter.Write(Original, TinyModel.Config, TinyModel.Tokenizer, [.. TinyModel.Weights(TinyModel.Config).Select(weight =>
            weight.Name == WeightNames.Layer(0).KProj ? weight with { Data = MemoryMarshal.AsBytes<float>(Enumerable.Repeat(float.NaN, weight.Data.Length / 4).ToArray()).ToArray() } : weight)]);
        using var broken = ModelFolder.Open(Original);
        Assert.Contains("k_proj", Refusal(broken, QuantizationConfig.EightBits()), StringComparison.Ordinal);

        static string Refusal(ModelFolder folder, QuantizationConfig quantization) =>
            Assert.Throws<InvalidModelException>(() => RoundToNearest.Quantize(folder, quantization, (_, _) => { }, CancellationToken.None)).Reason;
    }

    private static List<(string Name, DType DType, long[] Shape, ReadOnlyMemory<byte> Data)> Tensors(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return [.. file.Tensors.Values.Select(entry => (entry.Name, entry.DType, entry.Shape.ToArray(), (ReadOnlyMemory<byte>)file.Bytes(entry.Name).ToArray()))];
    }

    private Dictionary<string, float[]> WriteOriginal()
    {
        var random = new Random(3);
        var values = WeightNames.All(TinyModel.Config).ToDictionary(
            weight => weight.Name, weight => Enumerable.Range(0, (int)weight.Shape.Aggregate(1L, (product, size) => product * size)).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray());
        ModelFolderWriter.Write(Original, TinyModel.Config, TinyModel.Tokenizer, [.. WeightNames.All(TinyModel.Config).Select(weight =>
            (weight.Name, DType.F32, weight.Shape, (ReadOnlyMemory<byte>)MemoryMarshal.AsBytes<float>(values[weight.Name]).ToArray()))]);
        return values;
    }

    private (ModelConfig Config, Dictionary<string, float[]> Values) Write(int bits)
    {
        var values = WriteOriginal();
        using var original = ModelFolder.Open(Original);
        var quantization = bits == 4 ? QuantizationConfig.FourBits(8) : QuantizationConfig.EightBits();
        var config = original.Config with { Quantization = quantization };
        ModelFolderWriter.Write(Quantized, config, original.Tokenizer, RoundToNearest.Quantize(original, quantization, (_, _) => { }, CancellationToken.None));
        return (config, values);
    }
}
