using System.Runtime.InteropServices;
using InternPlatform.Tests.Support;

namespace InternPlatform.Models.Tests;

public sealed class Llama2cTests : Folder
{
    private const int HeaderBytes = 28;

    private static string Stories => SharedData.Need("models/stories260K/stories260K.bin");

    [Fact]
    public void A_published_model_is_read()
    {
        using var model = Llama2cFile.Open(Stories);
        var config = model.Config;
        Assert.Equal((0, 64, 172, 5, 8, 4, 8), (model.Version, config.HiddenSize, config.IntermediateSize, config.LayerCount, config.HeadCount, config.KvHeadCount, config.HeadDim));
        Assert.Equal((512, 512, true, 1e-5f, 10_000.0), (config.VocabularySize, config.ContextLength, config.TieWordEmbeddings, config.RmsNormEpsilon, config.RopeTheta));
        var raw = Floats(File.ReadAllBytes(Stories));
        Assert.Equal(raw[..(512 * 64)], model.ReadFloats(WeightNames.Embedding));

        // Gains of the first layer come next, then those of four more, then the queries: even rows of a head first.
        var queries = (512 * 64) + (5 * 64);
        Assert.Equal(raw[(512 * 64)..((512 * 64) + 64)], model.ReadFloats(WeightNames.Layer(0).InputNorm));
        var read = model.ReadFloats(WeightNames.Layer(0).QProj);
        int[] order = [0, 2, 4, 6, 1, 3, 5, 7];
        for (var row = 0; row < 64; row++)
        {
            var from = queries + (((row / 8 * 8) + order[row % 8]) * 64);
            Assert.Equal(raw[from..(from + 64)], read[(row * 64)..((row + 1) * 64)]);
        }

        // The last gains lie before 2 tables of 512 × 4, at the end of the file.
        Assert.Equal(raw[^(4096 + 64)..^4096], model.ReadFloats(WeightNames.FinalNorm));
        Assert.All(WeightNames.All(config), weight => Assert.All(model.ReadFloats(weight.Name), value => Assert.True(float.IsFinite(value))));
    }

    [Fact]
    public void A_published_model_written_again_has_the_same_bytes()
    {
        using (var model = Llama2cFile.Open(Stories))
        {
            Llama2cWriter.Write(In("v0.bin"), model, 0);
            Llama2cWriter.Write(In("v1.bin"), model, 1);
        }

        using (var model = Llama2cFile.Open(In("v1.bin")))
        {
            Assert.Equal(1, model.Version);
            Llama2cWriter.Write(In("again.bin"), model, 0);
        }

        // PyTorch computed the tables of cosines and sines in 32 bits; angles up to 512 have 2^-15 as last digit there.
        var (original, written) = (File.ReadAllBytes(Stories), File.ReadAllBytes(In("v0.bin")));
        Assert.Equal(original[..^(4096 * 4)], written[..^(4096 * 4)]);
        Assert.All(Floats(original)[^4096..].Zip(Floats(written)[^4096..]), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        Assert.Equal(written, File.ReadAllBytes(In("again.bin")));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(1, false)]
    public void A_model_with_its_own_output_matrix_or_not_comes_back(int version, bool isTied)
    {
        var source = Numbered(isTied);
        Llama2cWriter.Write(In("a.bin"), source, version);
        using var model = Llama2cFile.Open(In("a.bin"));
        Assert.Equal(isTied, model.Config.TieWordEmbeddings);
        Assert.All(WeightNames.All(source.Config), weight => Assert.Equal(source.ReadFloats(weight.Name), model.ReadFloats(weight.Name)));
        Assert.Contains("'x'", Assert.Throws<InvalidModelException>(() => model.ReadFloats("x")).Reason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Eight_bits_are_read_with_their_groups_scales(bool isTied)
    {
        const int group = 8;
        var config = Numbered(isTied).Config;
        using (var stream = File.Create(In("a.bin")))
        {
            var header = new byte[256];
            int[] numbers = [0x616B3432, 2, 16, 24, 2, 4, 2, 288, 64];
            MemoryMarshal.AsBytes<int>(numbers).CopyTo(header);
            header[36] = isTied ? (byte)1 : (byte)0;
            header[37] = group;
            stream.Write(header);
            for (var norm = 0; norm < 5; norm++)
            {
                stream.Write(MemoryMarshal.AsBytes<float>(Enumerable.Repeat((float)norm, 16).ToArray()));
            }

            // Embedding, then 2 layers of q, k, v, o, w1, w2, w3, then the output matrix: codes, then a scale for each group.
            int[] sizes = [288 * 16, 256, 256, 128, 128, 128, 128, 256, 256, 384, 384, 384, 384, 384, 384, .. isTied ? [] : new[] { 288 * 16 }];
            foreach (var (index, size) in sizes.Index())
            {
                stream.Write([.. Enumerable.Range(0, size).Select(i => (byte)(sbyte)(i % 255 - 127))]);
                stream.Write(MemoryMarshal.AsBytes<float>(Enumerable.Range(0, size / group).Select(i => (index + 1) * (i % 3 + 1) / 64f).ToArray()));
            }
        }

        using var model = Llama2cFile.Open(In("a.bin"));
        Assert.Equal((2, isTied), (model.Version, model.Config.TieWordEmbeddings));
        Assert.Equal(Enumerable.Repeat(3f, 16), model.ReadFloats(WeightNames.Layer(1).PostAttentionNorm));
        Assert.Equal(Matrix(0, 288 * 16), model.ReadFloats(WeightNames.Embedding));
        Assert.Equal(Matrix(6, 128), model.ReadFloats(WeightNames.Layer(1).VProj));
        Assert.Equal(Matrix(12, 384), model.ReadFloats(WeightNames.Layer(1).DownProj));
        Assert.Equal(RotaryPairs.Split(Matrix(2, 256), 4, 4), model.ReadFloats(WeightNames.Layer(1).QProj));

        static float[] Matrix(int index, int size) => [.. Enumerable.Range(0, size).Select(i => (i % 255 - 127) * ((index + 1) * (i / group % 3 + 1) / 64f))];
    }

    [Fact]
    public void A_file_whose_length_is_not_that_of_its_sizes_is_refused()
    {
        foreach (var version in new[] { 0, 1 })
        {
            Llama2cWriter.Write(In("a.bin"), Numbered(isTied: false), version);
            var bytes = File.ReadAllBytes(In("a.bin"));
            foreach (var length in Enumerable.Range(0, 400).Concat([bytes.Length - 1, bytes.Length - 4, bytes.Length / 2]))
            {
                Refused(bytes[..length]);
            }

            Refused([.. bytes, 0]);

            // Every bit of the header says another length or is refused itself, but for the context of version 1, which has no tables.
            for (var bit = 0; bit < (version == 0 ? HeaderBytes : 32) * 8; bit++)
            {
                var flipped = bytes.ToArray();
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                Refused(flipped);
            }
        }
    }

    [Fact]
    public void Random_headers_are_refused_by_type()
    {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = new byte[300];
            random.NextBytes(bytes);
            for (var at = 0; at < 64; at += 4)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(at), random.Next(4) switch { 0 => random.Next(), 1 => -random.Next(1 << 20), 2 => random.Next(16), _ => 1 << random.Next(31) });
            }

            if (random.Next(2) == 0)
            {
                BitConverter.TryWriteBytes(bytes, 0x616B3432);
                bytes[4] = (byte)random.Next(4);
                bytes.AsSpan(5, 3).Clear();
            }

            Refused(bytes);
        }
    }

    [Fact]
    public void What_run_c_would_compute_otherwise_is_not_written()
    {
        var config = Numbered(isTied: true).Config;
        ModelConfig[] others =
        [
            config with { RmsNormEpsilon = 1e-6f }, config with { RopeTheta = 1e6 }, config with { HeadDim = 8 }, config with { QkvBias = true, ModelType = "qwen2" },
            config with { QkNorm = true, ModelType = "qwen3" }, config with { RopeScaling = new() { Kind = RopeScalingKind.Linear, Factor = 2 } },
        ];
        Assert.All(others, other => Assert.Throws<ArgumentException>(() => Llama2cWriter.Write(In("a.bin"), new NumberedModel(other), 0)));
        Assert.Throws<ArgumentException>(() => Llama2cWriter.Write(In("a.bin"), Numbered(isTied: true), 2));
        Assert.False(File.Exists(In("a.bin")));
    }

    private static NumberedModel Numbered(bool isTied) => new(TinyModel.Config with { RmsNormEpsilon = 1e-5f, ContextLength = 64, TieWordEmbeddings = isTied });

    private static float[] Floats(byte[] file) => MemoryMarshal.Cast<byte, float>(file.AsSpan(HeaderBytes)).ToArray();

    private void Refused(byte[] bytes)
    {
        File.WriteAllBytes(In("b.bin"), bytes);
        Assert.Equal(In("b.bin"), Assert.Throws<InvalidModelException>(() => Llama2cFile.Open(In("b.bin"))).File);
    }
}
