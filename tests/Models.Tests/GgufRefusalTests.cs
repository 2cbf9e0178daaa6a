using System.Text;
using static InternPlatform.Models.Tests.GgufBytes;

namespace InternPlatform.Models.Tests;

public sealed class GgufRefusalTests : Folder
{
    private const int Seeds = 50;
    private const long FreeBytes = 16 << 20;

    // Each way to break a sound file, with what the message must say.
    private static readonly Dictionary<string, (Action<GgufBytes, Random> Spoil, string Reason)> Classes = new()
    {
        ["another magic"] = ((file, random) => file.Magic[random.Next(4)] ^= 1, "'GGUF'"),
        ["a magic in the other byte order"] = ((file, _) => file.Magic = [.. "FUGG"u8], "other order"),
        ["a version in the other byte order"] = ((file, random) => file.Version = (uint)random.Next(2, 4) << 24, "other order"),
        ["the first version"] = ((file, _) => file.Version = 1, "version 1"),
        ["a version to come"] = ((file, random) => file.Version = (uint)random.Next(4, 1 << 20), "version"),
        ["no version"] = ((file, _) => file.Version = 0, "version 0"),
        ["the most tensors"] = ((file, _) => file.TensorCount = ulong.MaxValue, "claims"),
        ["tensors beyond the file"] = ((file, random) => file.TensorCount = (ulong)random.NextInt64(1 << 20, long.MaxValue), "claims"),
        ["a tensor too many"] = ((file, _) => file.TensorCount = (ulong)file.Tensors.Count + 1, ""),
        ["the most pairs"] = ((file, _) => file.PairCount = ulong.MaxValue, "claims"),
        ["pairs beyond the file"] = ((file, random) => file.PairCount = (ulong)random.NextInt64(1 << 20, long.MaxValue), "claims"),
        ["a pair too many"] = ((file, _) => file.PairCount = (ulong)file.Pairs.Count + 1, ""),
        ["a pair too few"] = ((file, _) => file.PairCount = (ulong)file.Pairs.Count - 1, ""),
        ["the longest key"] = ((file, _) => file.Pairs.Add([.. Text([1], ulong.MaxValue), .. new byte[8]]), "text of"),
        ["a key over the limit"] = ((file, _) => file.Pairs.Add(Pair(new string('k', 65_536), 0, [1])), "at most 65535"),
        ["a key beyond the file"] = ((file, _) => file.Pairs.Add([.. Text([1], 65_000), .. new byte[8]]), "ends at byte"),
        ["a key that is not UTF-8"] = ((file, _) => file.Pairs.Add([.. Text([0xC3, 0x28], null), .. new byte[8]]), "UTF-8"),
        ["a key given twice"] = ((file, random) => file.Pairs.Add(file.Pairs[random.Next(file.Pairs.Count)]), "twice"),
        ["an unknown value type"] = ((file, random) => file.Pairs.Add(Pair("k", (uint)random.Next(13, int.MaxValue), new byte[16])), "unknown value type"),
        ["the longest text"] = ((file, _) => file.Pairs.Add(Pair("k", 8, Text([1], ulong.MaxValue))), "'k' has a text of"),
        ["a text beyond the file"] = ((file, random) => file.Pairs.Add(Pair("k", 8, Text([1], (ulong)random.Next(1 << 20, int.MaxValue)))), "'k' needs"),
        ["a text that is not UTF-8"] = ((file, random) => file.Pairs.Add(Pair("k", 8, Text([(byte)random.Next(0x80, 0xC2), 0x41], null))), "UTF-8"),
        ["a flag of two"] = ((file, random) => file.Pairs.Add(Pair("k", 7, [(byte)random.Next(2, 256)])), "0 or 1"),
        ["the longest array"] = ((file, random) => file.Pairs.Add(Pair("k", 9, Words(ArrayType(random), ulong.MaxValue))), "claims"),
        ["an array beyond the file"] = ((file, random) => file.Pairs.Add(Pair("k", 9, Words(ArrayType(random), (ulong)random.NextInt64(1 << 20, long.MaxValue)))), "claims"),
        ["an array whose bytes wrap to few"] = ((file, _) => file.Pairs.Add(Pair("k", 9, Words(10, (1UL << 61) + 1), new byte[8])), "claims"),
        ["texts whose bytes wrap to few"] = ((file, _) => file.Pairs.Add(Pair("k", 9, Words(8, 1UL << 61), new byte[8])), "claims"),
        ["an array of an unknown type"] = ((file, random) => file.Pairs.Add(Pair("k", 9, Words((uint)random.Next(13, int.MaxValue), 1), new byte[8])), "unknown value type"),
        ["an array of arrays"] = ((file, _) => file.Pairs.Add(Pair("k", 9, Words(9, 1), Words(9, 1), Words(0, 0))), "array of arrays"),
        ["an array with a flag of two"] = ((file, _) => file.Pairs.Add(Pair("k", 9, Words(7, 2), [1, 2])), "0 or 1"),
        ["an array with a text too long"] = ((file, _) => file.Pairs.Add(Pair("k", 9, Words(8, 1), Text([1], long.MaxValue))), "text of"),
        ["an array with a text not in UTF-8"] = ((file, _) => file.Pairs.Add(Pair("k", 9, Words(8, 1), Text([0xED, 0xA0, 0x80], null))), "UTF-8"),
        ["an alignment of 64 bits"] = ((file, _) => file.Pairs.Add(Pair("general.alignment", 10, BitConverter.GetBytes(32UL))), "UInt64"),
        ["a signed alignment"] = ((file, _) => file.Pairs.Add(Pair("general.alignment", 5, BitConverter.GetBytes(32))), "Int32"),
        ["an alignment in words"] = ((file, _) => file.Pairs.Add(Pair("general.alignment", 8, Text("32"))), "String"),
        ["no alignment"] = ((file, _) => file.Pairs.Add(Pair("general.alignment", 4, BitConverter.GetBytes(0))), "power of two"),
        ["an odd alignment"] = ((file, random) => file.Pairs.Add(Pair("general.alignment", 4, BitConverter.GetBytes((random.Next(1, 1 << 20) * 2) + 1))), "power of two"),
        ["the largest alignment"] = ((file, _) => file.Pairs.Add(Pair("general.alignment", 4, BitConverter.GetBytes(1U << 31))), "cut off"),
        ["the longest tensor name"] = ((file, _) => file.Tensors.Add(Tensor(Text([1], ulong.MaxValue), 1, [1], 0, 0)), "text of"),
        ["a tensor name over the limit"] = ((file, random) => Add(file, random, new string('n', 65)), "at most 64"),
        ["a tensor name not in UTF-8"] = ((file, _) => file.Tensors.Add(Tensor(Text([0xFF], null), 1, [1], 0, 0)), "UTF-8"),
        ["a tensor given twice"] = ((file, random) => Add(file, random, "t0"), "'t0' is given twice"),
        ["a tensor without dimensions"] = ((file, _) => Add(file, 0, [], 0), "0 dimensions"),
        ["a tensor of five dimensions"] = ((file, _) => Add(file, 5, [1, 1, 1, 1, 1], 0), "5 dimensions"),
        ["the most dimensions"] = ((file, _) => Add(file, uint.MaxValue, [1], 0), "dimensions"),
        ["a size of zero"] = ((file, random) => Add(file, 2, random.Next(2) == 0 ? [0, 4] : [4, 0], 0), "the shape"),
        ["a negative size"] = ((file, random) => Add(file, 2, [4, (ulong)random.NextInt64(long.MinValue, 0)], 0), "the shape"),
        ["sizes whose product wraps"] = ((file, _) => Add(file, 2, [1UL << 32, (1UL << 32) + 1], 0), "the shape"),
        ["sizes whose product wraps to zero"] = ((file, _) => Add(file, 4, [1UL << 16, 1UL << 16, 1UL << 16, 1UL << 16], 0), "the shape"),
        ["sizes whose bytes wrap"] = ((file, _) => Add(file, 1, [1UL << 62], 0), "the shape"),
        ["an unknown type"] = ((file, random) => Add(file, 1, [32], (uint)random.Next(1000, int.MaxValue)), "ggml type"),
        ["a type that is not read"] = ((file, _) => Add(file, 1, [256], 13), "Q5_K"),
        ["a type that was taken back"] = ((file, _) => Add(file, 1, [32], 4), "ggml type 4"),
        ["a row of half a block"] = ((file, random) => Add(file, 2, [(ulong)random.Next(1, 32), 32], random.Next(2) == 0 ? 8u : 2u), "the shape"),
        ["a row of half a super-block"] = ((file, random) => Add(file, 2, [128, 2], random.Next(2) == 0 ? 12u : 14u), "the shape"),
        ["a last byte that is missing"] = ((file, random) => { Add(file, random, "last"); file.Data = file.Data[..^1]; }, "'last' has 128 bytes"),
        ["no data"] = ((file, _) => file.Data = [], "cut off"),
        ["an offset that is not aligned"] = ((file, random) => Add(file, random, "last", (ulong)random.Next(1, 32)), "'last' has the offset"),
        ["tensors that overlap"] = ((file, random) => Add(file, random, "last", unchecked((ulong)-32L)), "'last' has the offset"),
        ["tensors on the same bytes"] = ((file, random) => Add(file, random, "last", unchecked((ulong)-(long)file.Data.Length)), "'last' has the offset 0"),
        ["a hole between tensors"] = ((file, random) => Add(file, random, "last", 32), "'last' has the offset"),
        ["an offset that wraps"] = ((file, _) => file.Tensors.Add(Tensor("last", [32], 0, ulong.MaxValue - 31)), "18446744073709551584"),
        ["an offset beyond the file"] = ((file, random) => file.Tensors.Add(Tensor("last", [32], 0, (ulong)random.NextInt64(1 << 30, long.MaxValue))), "'last' has the offset"),
        ["a tensor longer than the file"] = ((file, random) => Add(file, 2, [(ulong)random.NextInt64(1 << 20, 1L << 40), 4], 0), "cut off"),
        ["another alignment than the data's"] = ((file, random) => { Add(file, random, "last"); file.Pairs.Add(Pair("general.alignment", 4, BitConverter.GetBytes(4096))); }, ""),
    };

    private string File => In("a.gguf");

    public static TheoryData<string> ClassNames => [.. Classes.Keys];

    [Theory]
    [MemberData(nameof(ClassNames))]
    public void A_file_against_the_rules_is_refused_by_reason(string name)
    {
        var (spoil, reason) = Classes[name];
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var file = Sound(random);
            Assert.Null(Refusal(file.ToArray()));
            spoil(file, random);
            var refusal = Refusal(file.ToArray());
            Assert.NotNull(refusal);
            Assert.Contains(reason, refusal.Reason, StringComparison.Ordinal);
            Assert.Equal(File, refusal.File);
        }
    }

    [Fact]
    public void Every_beginning_of_a_file_is_refused_and_the_whole_is_read()
    {
        var whole = FourKilobytes();
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.NotNull(Refusal(whole[..length]));
        }

        Assert.Null(Refusal(whole));
    }

    [Fact]
    public void Every_flipped_bit_is_read_or_refused()
    {
        var (bytes, refused) = (FourKilobytes(), 0);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                GgufHeader.Parse(File, bytes, bytes.Length);
            }
            catch (InvalidModelException)
            {
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (2 * bytes.Length) + FreeBytes);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.InRange(refused, 1_000, 32_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")]
    [InlineData("GGUF")]
    [InlineData("<!DOCTYPE html><html><head></head></html>")]
    public void What_is_another_file_is_refused(string text)
    {
        var refusal = Refusal(Encoding.UTF8.GetBytes(text));
        Assert.NotNull(refusal);
        Assert.Equal(text.StartsWith("version", StringComparison.Ordinal), refusal.Reason.Contains("Git LFS pointer", StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_file_is_named() => Assert.Contains("does not exist", Assert.Throws<InvalidModelException>(() => GgufFile.Open(File)).Reason);

    // What costs little on disk and much in memory: the allocation limit must refuse it before it is spent.
    [Theory]
    [InlineData("texts")]
    [InlineData("pairs")]
    [InlineData("tensors")]
    public void A_file_that_would_take_all_memory_is_refused(string what)
    {
        var file = new GgufBytes();
        const int many = 600_000;
        switch (what)
        {
            case "texts":
                file.Pairs.Add([.. Pair("k", 9, Words(8, many)), .. Enumerable.Repeat(Text("x"), many).SelectMany(text => text)]);
                break;
            case "pairs":
                file.Pairs.AddRange(Enumerable.Range(0, many).Select(i => Pair($"{i:x}", 0, [1])));
                break;
            default:
                file.Tensors.AddRange(Enumerable.Range(0, many / 4).Select(i => Tensor($"{i:x}", [1], 0, (ulong)i * 32)));
                break;
        }

        Assert.Contains("far more memory", Refusal(file.ToArray())?.Reason);
    }

    private static uint ArrayType(Random random) => new uint[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12 }[random.Next(12)];

    /// <summary>Appends a sound tensor of 128 bytes, but for an offset that is moved.</summary>
    private static void Add(GgufBytes file, Random random, string name, ulong moved = 0)
    {
        file.Tensors.Add(Tensor(name, [32], 0, unchecked((ulong)file.Data.Length + moved)));
        var bytes = new byte[128];
        random.NextBytes(bytes);
        file.Data = [.. file.Data, .. bytes];
    }

    private static void Add(GgufBytes file, uint dimensions, ulong[] sizes, uint type)
    {
        file.Tensors.Add(Tensor(Text("last"), dimensions, sizes, type, (ulong)file.Data.Length));
        file.Data = [.. file.Data, .. new byte[4096]];
    }

    private static byte[] FourKilobytes()
    {
        var file = Sound(new Random(4));
        file.Pairs.Add(Pair("note", 8, Text(new string('a', 300))));
        var left = 4096 - file.ToArray().Length;
        file.Add("rest", GgufType.F32, (left - 128) / 32 * 8, 1, new Random(5));   // whole paddings: the last byte counts
        var whole = file.ToArray();
        Assert.InRange(whole.Length, 3072, 4096);
        return whole;
    }

    /// <summary>Why the file is refused; null where it opens and every tensor is read.</summary>
    private InvalidModelException? Refusal(byte[] bytes)
    {
        System.IO.File.WriteAllBytes(File, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var file = GgufFile.Open(File);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (2L * bytes.Length) + FreeBytes);
            Assert.All(file.Tensors, tensor => Assert.Equal(tensor.Value.ValueCount, file.ReadFloats(tensor.Key).LongLength));
            return null;
        }
        catch (InvalidModelException e)
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (2L * bytes.Length) + FreeBytes);
            return e;
        }
    }
}
