using System.Runtime.InteropServices;
using System.Text;
using InternPlatform.Models;
using InternPlatform.Tensors;

namespace InternPlatform.Benchmarks;

/// <summary>Writes a float model as GGUF version 3, so that llama.cpp can be measured beside ours on the same weights.</summary>
internal static class GgufFile
{
    private const int Alignment = 32;
    private const int BlockValues = 32;

    /// <param name="path">File to write.</param>
    /// <param name="model">A model with float weights.</param>
    /// <param name="format"><c>f32</c>, <c>bf16</c>, <c>int8</c> (Q8_0) or <c>int4</c> (Q4_0): of the matrices in the layers; embedding and output matrix are bf16 with few bits.</param>
    public static void Write(string path, ModelFolder model, string format)
    {
        var tensors = WeightNames.All(model.Config).Select(weight => (Name: NameOf(weight.Name), weight.Shape, Tensor: Encode(weight.Name, weight.Shape, model.ReadFloats(weight.Name), format))).ToList();
        using var stream = File.Create(path);
        using var writer = new BinaryWriter(stream);
        WriteHead(writer, model.Config, tensors.Count);
        var offset = 0L;
        foreach (var (name, shape, tensor) in tensors)
        {
            WriteText(writer, name);
            writer.Write((uint)shape.Length);
            foreach (var size in shape.Reverse())
            {
                writer.Write((ulong)size);
            }

            writer.Write(tensor.Type);
            writer.Write((ulong)offset);
            offset += Padded(tensor.Data.Length);
        }

        Pad(writer);
        foreach (var (_, _, tensor) in tensors)
        {
            writer.Write(tensor.Data);
            Pad(writer);
        }
    }

    private static void WriteHead(BinaryWriter writer, ModelConfig config, int tensors)
    {
        (string Key, object Value)[] pairs =
        [
            ("general.architecture", "llama"), ("tokenizer.ggml.model", "none"), ("llama.vocab_size", (uint)config.VocabularySize), ("llama.context_length", (uint)config.ContextLength),
            ("llama.embedding_length", (uint)config.HiddenSize), ("llama.block_count", (uint)config.LayerCount), ("llama.feed_forward_length", (uint)config.IntermediateSize),
            ("llama.attention.head_count", (uint)config.HeadCount), ("llama.attention.head_count_kv", (uint)config.KvHeadCount), ("llama.rope.dimension_count", (uint)config.HeadDim),
            ("llama.attention.layer_norm_rms_epsilon", config.RmsNormEpsilon), ("llama.rope.freq_base", (float)config.RopeTheta),
        ];
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors);
        writer.Write((ulong)pairs.Length);
        foreach (var (key, value) in pairs)
        {
            WriteText(writer, key);
            switch (value)
            {
                case string text:
                    writer.Write(8u);
                    WriteText(writer, text);
                    break;
                case uint number:
                    writer.Write(4u);
                    writer.Write(number);
                    break;
                case float number:
                    writer.Write(6u);
                    writer.Write(number);
                    break;
            }
        }
    }

    private static (uint Type, byte[] Data) Encode(string name, long[] shape, float[] values, string format)
    {
        var isInside = shape.Length == 2 && name is not (WeightNames.Embedding or WeightNames.LmHead);
        return shape.Length == 1 || format == "f32" ? (0u, MemoryMarshal.AsBytes<float>(values).ToArray())
            : !isInside || format == "bf16" ? (30u, Narrow(values))
            : format == "int8" ? (8u, Blocks(values, EightBits))
            : (2u, Blocks(values, FourBits));
    }

    private static byte[] Narrow(float[] values)
    {
        var bits = new ushort[values.Length];
        FloatConversion.ToBFloat16(values, bits);
        return MemoryMarshal.AsBytes<ushort>(bits).ToArray();
    }

    private static byte[] Blocks(float[] values, Func<float[], byte[]> block) => [.. values.Chunk(BlockValues).SelectMany(block)];

    private static byte[] EightBits(float[] values)
    {
        var scale = values.Max(Math.Abs) / 127;
        return [.. BitConverter.GetBytes((Half)scale), .. values.Select(value => (byte)(sbyte)MathF.Round(scale > 0 ? value / scale : 0))];
    }

    private static byte[] FourBits(float[] values)
    {
        var scale = values.MaxBy(Math.Abs) / -8;
        var codes = Array.ConvertAll(values, value => (byte)Math.Min(15, (int)(scale != 0 ? (value / scale) + 8.5f : 8)));
        return [.. BitConverter.GetBytes((Half)scale), .. Enumerable.Range(0, 16).Select(i => (byte)(codes[i] | (codes[i + 16] << 4)))];
    }

    private static string NameOf(string name)
    {
        if (name is WeightNames.Embedding or WeightNames.LmHead or WeightNames.FinalNorm)
        {
            return name == WeightNames.Embedding ? "token_embd.weight" : name == WeightNames.LmHead ? "output.weight" : "output_norm.weight";
        }

        var parts = name.Split('.');
        return $"blk.{parts[2]}." + parts[^2] switch
        {
            "q_proj" => "attn_q",
            "k_proj" => "attn_k",
            "v_proj" => "attn_v",
            "o_proj" => "attn_output",
            "gate_proj" => "ffn_gate",
            "up_proj" => "ffn_up",
            "down_proj" => "ffn_down",
            "input_layernorm" => "attn_norm",
            _ => "ffn_norm",
        } + ".weight";
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static long Padded(long length) => (length + Alignment - 1) / Alignment * Alignment;

    private static void Pad(BinaryWriter writer) => writer.Write(new byte[Padded(writer.BaseStream.Position) - writer.BaseStream.Position]);
}
