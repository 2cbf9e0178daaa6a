using System.IO.Compression;
using System.Text;
using InternPlatform.Tensors;

namespace InternPlatform.Models.Tests;

public sealed class HostileFileTests : Folder
{
    private const int Deep = 100_000;

    // A recursive reader would end the process, which no test could report.
    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    [InlineData("[", "")]
    [InlineData("{\"a\":[", "")]
    public void Nesting_without_end_is_refused_in_every_JSON_of_a_folder(string open, string close)
    {
        var nested = string.Concat(Enumerable.Repeat(open, Deep)) + "1" + string.Concat(Enumerable.Repeat(close, Deep));
        foreach (var key in new[] { "rope_scaling", "quantization_config", "eos_token_id", "layer_types", "unknown" })
        {
            Assert.Throws<InvalidModelException>(() => ModelConfig.Parse(Encoding.UTF8.GetBytes($$"""{"model_type":"llama","{{key}}":{{nested}}}""")));
        }

        var header = Encoding.UTF8.GetBytes($$"""{"x":{{nested}}}""");
        File.WriteAllBytes(In("a.safetensors"), [.. BitConverter.GetBytes((ulong)header.Length), .. header]);
        Assert.Throws<InvalidModelException>(() => SafetensorsFile.Open(In("a.safetensors")));

        ModelFolderWriter.Write(In("model"), TinyModel.Config, TinyModel.Tokenizer, TinyModel.Weights(TinyModel.Config), maxShardBytes: 1);
        File.WriteAllText(Path.Combine(In("model"), "model.safetensors.index.json"), $$"""{"weight_map":{{nested}}}""");
        Assert.Throws<InvalidModelException>(() => ModelFolder.Open(In("model")));
    }

    // A file that is a zip archive to one program and tensors to another can pass a scan as the one and be opened as the other.
    [Fact]
    public void A_safetensors_file_that_is_also_an_archive_is_refused()
    {
        for (var variant = 0; variant < 20; variant++)
        {
            var random = new Random(variant);
            var data = new byte[8 * random.Next(1, 20)];
            random.NextBytes(data);
            SafetensorsWriter.Write(In("sound.safetensors"), [("x", DType.U8, [data.Length], data)]);
            using (var archive = new ZipArchive(File.Create(In("a.zip")), ZipArchiveMode.Create))
            {
                using var stream = archive.CreateEntry($"archive/{variant}.pkl").Open();
                stream.Write(data);
            }

            var (sound, zip) = (File.ReadAllBytes(In("sound.safetensors")), File.ReadAllBytes(In("a.zip")));
            var header = sound.AsSpan(8, (int)BitConverter.ToInt64(sound)).ToArray();
            Refused([.. sound, .. zip]);
            Refused([.. zip, .. sound]);
            Refused([.. BitConverter.GetBytes((long)header.Length + zip.Length), .. header, .. zip, .. data]);
            Refused([.. sound[..8], .. header, .. zip, .. data]);
        }
    }

    private void Refused(byte[] bytes)
    {
        File.WriteAllBytes(In("a.safetensors"), bytes);
        Assert.Throws<InvalidModelException>(() => SafetensorsFile.Open(In("a.safetensors")));
    }
}
