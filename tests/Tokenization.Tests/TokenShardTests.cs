using System.Buffers.Binary;
using System.Text;

namespace InternPlatform.Tokenization.Tests;

public sealed class TokenShardTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("shard").FullName;

    private string Bin => Path.Combine(folder, "a.bin");

    private string Meta => Bin + ".meta";

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Samples_come_back_with_their_signs()
    {
        Write([1, -7, int.MaxValue, -int.MaxValue], [], [5]);
        using var shard = TokenShardReader.Open(Bin);
        Assert.Equal(3, shard.Count);
        Assert.Equal(5, shard.TotalTokens);
        Assert.Equal([1, -7, int.MaxValue, -int.MaxValue], shard.Read(0));
        Assert.Empty(shard.Read(1));
        Assert.Equal(1, shard.TokenCount(2));
        Assert.Equal([5], shard.Read(2));
    }

    [Fact]
    public void The_files_are_InternEvos_byte_by_byte()
    {
        Write([1, 345, -7], [2]);
        Assert.Equal("{\"tokens\": [1, 345, -7]}\n{\"tokens\": [2]}\n", File.ReadAllText(Bin));
        var meta = File.ReadAllBytes(Meta);
        var header = "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 2), }";
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes(header.PadRight(117) + "\n")], meta[..128]);
        Assert.Equal([0L, 3, 25, 1], Enumerable.Range(0, 4).Select(i => BinaryPrimitives.ReadInt64LittleEndian(meta.AsSpan(128 + 8 * i))));
        Assert.Equal(128 + 32, meta.Length);
    }

    [Fact]
    public void An_int32_meta_file_with_more_columns_is_read()
    {
        Write([1, 345, -7], [2]);
        WriteMeta("<i4", 2, 3, [0, 99, 3, 25, 99, 1], padding: 16);
        using var shard = TokenShardReader.Open(Bin);
        Assert.Equal([1, 345, -7], shard.Read(0));
        Assert.Equal([2], shard.Read(1));
    }

    [Fact]
    public void Many_samples_are_read_in_any_order()
    {
        var random = new Random(5);
        var samples = Enumerable.Range(0, 10_000).Select(_ => Enumerable.Range(0, random.Next(9)).Select(_ => random.Next(1, 2048) * (random.Next(2) * 2 - 1)).ToArray()).ToArray();
        Write(samples);
        using var shard = TokenShardReader.Open(Bin);
        Assert.Equal(samples.Sum(sample => sample.Length), shard.TotalTokens);
        Parallel.For(0, samples.Length, i => Assert.Equal(samples[^(i + 1)], shard.Read(samples.Length - 1 - i)));
    }

    [Fact]
    public void An_empty_shard_is_a_shard()
    {
        Write();
        using var shard = TokenShardReader.Open(Bin);
        Assert.Equal((0, 0), (shard.Count, shard.TotalTokens));
        Assert.Throws<ArgumentOutOfRangeException>(() => shard.Read(0));
    }

    [Fact]
    public void Nothing_stands_under_the_name_before_the_shard_is_complete()
    {
        using (var writer = new TokenShardWriter(Bin))
        {
            writer.Add([1]);
            Assert.False(File.Exists(Bin));
        }

        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public void An_older_shard_is_replaced_whole()
    {
        Write([1], [2], [3]);
        Write([4, 5]);
        using var shard = TokenShardReader.Open(Bin);
        Assert.Equal([4, 5], shard.Read(0));
        Assert.Equal([Bin, Meta], Directory.GetFiles(folder).Order());
    }

    [Fact]
    public void Ids_without_a_sign_are_refused()
    {
        using var writer = new TokenShardWriter(Bin);
        Assert.Throws<ArgumentException>(() => writer.Add([1, 0]));
        Assert.Throws<ArgumentException>(() => writer.Add([int.MinValue]));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        Assert.Equal(Bin, Refused().File);
        Write([1]);
        File.Delete(Meta);
        Assert.Equal(Meta, Refused().File);
    }

    [Fact]
    public void A_meta_file_cut_off_anywhere_is_refused()
    {
        Write([1, 2], [3]);
        var whole = File.ReadAllBytes(Meta);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Meta, whole[..length]);
            Assert.Equal(Meta, Refused().File);
        }

        File.WriteAllBytes(Meta, [.. whole, 0]);
        Assert.Contains("something follows", Refused().Reason);
    }

    [Fact]
    public void A_meta_file_with_any_byte_changed_is_refused()
    {
        Write([1, 2], [3]);
        var whole = File.ReadAllBytes(Meta);
        for (var i = 0; i < whole.Length; i++)
        {
            var changed = whole.ToArray();
            changed[i] ^= 0xFF;
            File.WriteAllBytes(Meta, changed);
            Assert.Throws<InvalidShardException>(() =>
            {
                using var shard = TokenShardReader.Open(Bin);
                shard.Read(0);
                shard.Read(1);
                Assert.Fail($"byte {i} does not matter");
            });
        }
    }

    [Theory]
    [InlineData("<f8", 1, 2)]
    [InlineData(">i8", 1, 2)]
    [InlineData("<i8", 1, 1)]
    [InlineData("<i8", 2_000_000_000, 2)]
    public void A_meta_file_of_another_shape_is_refused(string type, int rows, int columns)
    {
        Write([1]);
        WriteMeta(type, rows, columns, [0, 1], padding: 64);
        Assert.Equal(Meta, Refused().File);
    }

    [Theory]
    [InlineData("{\"tokens\": [1, 2]\n")]
    [InlineData("{\"tokens\": [1]}\n\n")]
    [InlineData("{\"tokens\": [1, 2.5]}\n")]
    [InlineData("{\"tokens\": [1, \"2\"]}\n")]
    [InlineData("{\"tokens\": [1, 99999999999]}\n")]
    [InlineData("{\"ids\": [1, 2]}\n")]
    [InlineData("[1, 2]\n")]
    [InlineData("{\"tokens\": [1, 2]}")]
    [InlineData("{\"tokens\": [1, 2, 3]}\n")]
    [InlineData("{\"tokens\": [1]}\n")]
    [InlineData("{\"tokens\": 1, \"x\": 2}\n")]
    public void A_line_that_does_not_match_is_refused(string line)
    {
        Write([1, 2]);
        File.WriteAllText(Bin, line);
        using var shard = TokenShardReader.Open(Bin);
        Assert.Contains("sample 0", Assert.Throws<InvalidShardException>(() => shard.Read(0)).Reason);
    }

    [Fact]
    public void A_meta_file_of_other_lines_is_refused()
    {
        Write([1, 2], [3]);
        File.WriteAllText(Bin, "{\"tokens\": [1]}\n");
        Assert.Contains("row 1", Refused().Reason);
    }

    private InvalidShardException Refused() => Assert.Throws<InvalidShardException>(() => TokenShardReader.Open(Bin).Dispose());

    private void Write(params int[][] samples)
    {
        using var writer = new TokenShardWriter(Bin);
        foreach (var sample in samples)
        {
            writer.Add(sample);
        }

        writer.Complete();
    }

    private void WriteMeta(string type, int rows, int columns, long[] values, int padding)
    {
        var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({rows}, {columns}), }}";
        header = header.PadRight((10 + header.Length + padding) / padding * padding - 11) + "\n";
        using var stream = File.Create(Meta);
        stream.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header)]);
        foreach (var value in values)
        {
            stream.Write(BitConverter.GetBytes(value).AsSpan(0, type == "<i4" ? 4 : 8));
        }
    }
}
