using System.Text;

namespace InternPlatform.Models.Tests;

/// <summary>Every rule by which upstream refuses a file, broken in twenty sound files each.</summary>
public sealed class SafetensorsRefusalTests : Folder
{
    private const int Variants = 20;
    private const string MostOffset = "9223372036854775807";

    private static readonly Dictionary<string, (Action<Parts, Random> Spoil, string Reason)> Rules = new()
    {
        ["fewer than eight bytes"] = ((file, random) => file.CutAt = random.Next(8), "too few"),
        ["a header beyond the file"] = ((file, random) => file.HeaderBytes = (ulong)random.Next(1 << 20, 100_000_000), "must lie in the file"),
        ["a header over the limit"] = ((file, random) => file.HeaderBytes = (ulong)random.NextInt64(100_000_001, long.MaxValue), "100000000"),
        ["a header of 2^64 bytes"] = ((file, _) => file.HeaderBytes = ulong.MaxValue, "must lie in the file"),
        ["a header without a brace"] = ((file, random) => file.Before = [(byte)" [\"\0\n"[random.Next(5)]], "'{'"),
        ["a header that is not UTF-8"] = ((file, random) => file.Members.Add($"\"{(char)random.Next(0x80, 0xC0)}\":{{}}"), "UTF-8"),
        ["a header that is not JSON"] = ((file, random) => file.Members.Add(new[] { "", "x", "\"x\"", "\"x\":", "'x':{}", ",\"y\":{}" }[random.Next(6)]), "JSON"),
        ["something behind the header's object"] = ((file, random) => file.After = (byte)"x{}1,"[random.Next(5)], "JSON"),
        ["a first tensor not at zero"] = ((file, random) => file.Move(0, random.Next(1, 9)), "starts at byte"),
        ["a hole"] = ((file, random) => file.Move(random.Next(1, file.Tensors.Count), random.Next(1, 9)), "starts at byte"),
        ["an overlap"] = ((file, random) => file.Move(random.Next(1, file.Tensors.Count), -1), "starts at byte"),
        ["two tensors on the same bytes"] = ((file, random) => file.Tensors.Add(file.Tensors[random.Next(file.Tensors.Count)] with { Name = "again" }), "starts at byte"),
        ["offsets the wrong way round"] = ((file, random) => file.Change(random, tensor => tensor with { Begin = tensor.End!, End = tensor.Begin }), "data_offsets"),
        ["a tensor outside the file"] = ((file, random) => file.Data = file.Data[..random.Next(file.Data.Length)], "cut off"),
        ["bytes behind the last tensor"] = ((file, random) => file.Data = [.. file.Data, .. new byte[random.Next(1, 99)]], "something follows"),
        ["a negative offset"] = ((file, random) => file.Change(random, tensor => tensor with { Begin = "-" + tensor.End }), "whole number"),
        ["an offset that overflows"] = ((file, random) => file.Change(random, tensor => tensor with { Begin = MostOffset, End = MostOffset }), "data_offsets"),
        ["an offset over 64 bits"] = ((file, random) => file.Change(random, tensor => tensor with { End = MostOffset + random.Next(10) }), "whole number"),
        ["one offset"] = ((file, random) => file.Change(random, tensor => tensor with { Begin = tensor.End!, End = null }), "lacks"),
        ["a shape whose product overflows"] = ((file, random) => file.Change(random, tensor => tensor with { Shape = $"{1L << random.Next(32, 62)},{1L << random.Next(32, 62)}" }), "data_offsets"),
        ["a shape whose bytes overflow"] = ((file, random) => file.Change(random, tensor => tensor with { Shape = MostOffset }), "data_offsets"),
        ["a shape of other bytes"] = ((file, random) => file.Change(random, tensor => tensor with { Shape = tensor.Shape + $",{random.Next(2, 9)}" }), "data_offsets"),
        ["a negative size"] = ((file, random) => file.Change(random, tensor => tensor with { Shape = "-" + tensor.Shape }), "whole number"),
        ["a size with a fraction"] = ((file, random) => file.Change(random, tensor => tensor with { Shape = tensor.Shape + ".0" }), "whole number"),
        ["bits that are not whole bytes"] = ((file, random) => file.Change(random, tensor => tensor with { Type = random.Next(2) == 0 ? "F4" : "F6_E3M2", Shape = $"{(2 * random.Next(1, 9)) + 1}" }), "data_offsets"),
        ["an unknown type"] = ((file, random) => file.Change(random, tensor => tensor with { Type = $"F{random.Next(65, 999)}" }), "unknown dtype"),
        ["a tensor given twice"] = ((file, random) => file.Tensors.Add(file.Tensors[random.Next(file.Tensors.Count)]), "twice"),
        ["metadata given twice"] = ((file, _) => file.Members.AddRange(["\"__metadata__\":{}", "\"__metadata__\":{}"]), "twice"),
        ["a key of the metadata given twice"] = ((file, _) => file.Members.Add("\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}"), "twice"),
        ["metadata that are not texts"] = ((file, random) => file.Members.Add($"\"__metadata__\":{{\"a\":{new[] { "1", "null", "true", "[]", "{}" }[random.Next(5)]}}}"), "not as a string"),
    };

    private string File => In("a.safetensors");

    public static TheoryData<string> RuleNames => [.. Rules.Keys];

    [Theory]
    [MemberData(nameof(RuleNames))]
    public void A_file_against_a_rule_is_refused_by_reason(string rule)
    {
        var (spoil, reason) = Rules[rule];
        for (var variant = 0; variant < Variants; variant++)
        {
            var random = new Random(variant);
            var file = Parts.Sound(random);
            System.IO.File.WriteAllBytes(File, file.ToArray());
            SafetensorsFile.Open(File).Dispose();
            spoil(file, random);
            System.IO.File.WriteAllBytes(File, file.ToArray());
            var before = GC.GetAllocatedBytesForCurrentThread();
            var thrown = Assert.Throws<InvalidModelException>(() => SafetensorsFile.Open(File).Dispose());
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
            Assert.Contains(reason, thrown.Reason, StringComparison.Ordinal);
            Assert.Equal(File, thrown.File);
        }
    }

    private sealed record Tensor(string Name, string Type, string Shape, string Begin, string? End)
    {
        public override string ToString() => $$"""
            "{{Name}}":{"dtype":"{{Type}}","shape":[{{Shape}}],"data_offsets":[{{Begin}}{{(End is null ? "" : "," + End)}}]}
            """;
    }

    /// <summary>A file in parts, each of which a rule can spoil.</summary>
    private sealed class Parts
    {
        public List<Tensor> Tensors { get; } = [];

        public List<string> Members { get; } = [];

        public byte[] Data { get; set; } = [];

        public byte[] Before { get; set; } = [];

        public byte? After { get; set; }

        public ulong? HeaderBytes { get; set; }

        public int? CutAt { get; set; }

        public static Parts Sound(Random random)
        {
            var file = new Parts();
            for (var i = random.Next(2, 7); i > 0; i--)
            {
                var (rows, columns, (type, bytes)) = (random.Next(1, 5), random.Next(2, 9), new[] { ("F32", 4), ("BF16", 2), ("U8", 1), ("I64", 8) }[random.Next(4)]);
                var begin = file.Data.Length;
                file.Data = [.. file.Data, .. new byte[rows * columns * bytes]];
                file.Tensors.Add(new($"t{i}", type, $"{rows},{columns}", $"{begin}", $"{file.Data.Length}"));
            }

            return file;
        }

        /// <summary>One tensor, by chance, otherwise.</summary>
        public void Change(Random random, Func<Tensor, Tensor> change)
        {
            var at = random.Next(Tensors.Count);
            Tensors[at] = change(Tensors[at]);
        }

        /// <summary>A tensor and all behind it further on, with data to match.</summary>
        public void Move(int first, int by)
        {
            for (var i = first; i < Tensors.Count; i++)
            {
                Tensors[i] = Tensors[i] with { Begin = $"{int.Parse(Tensors[i].Begin, null) + by}", End = $"{int.Parse(Tensors[i].End!, null) + by}" };
            }

            Data = new byte[Data.Length + by];
        }

        public byte[] ToArray()
        {
            // Latin-1, so that a rule can put in bytes that are not UTF-8.
            byte[] header = [.. Before, .. Encoding.Latin1.GetBytes("{" + string.Join(",", Tensors.Select(tensor => tensor.ToString()).Concat(Members)) + "}"), .. After is { } after ? [after] : Array.Empty<byte>()];
            byte[] whole = [.. BitConverter.GetBytes(HeaderBytes ?? (ulong)header.Length), .. header, .. Data];
            return CutAt is { } length ? whole[..length] : whole;
        }
    }
}
