using System.Buffers.Binary;

namespace InternPlatform.Models;

/// <summary>What a llama2.c file says before its weights.</summary>
/// <param name="Config">Sizes; the constants are those of <c>run.c</c>.</param>
/// <param name="Version">0 (legacy), 1 (floats) or 2 (8 bits).</param>
/// <param name="GroupSize">Values that share a scale; of version 2 only.</param>
internal sealed record Llama2cHeader(ModelConfig Config, int Version, int GroupSize)
{
    public const int LegacyBytes = 28;
    public const float RmsNormEpsilon = 1e-5f;
    public const double RopeTheta = 10_000;
    private const uint Magic = 0x616B3432;   // "ak42"
    private const int VersionedBytes = 256;
    private const int SharedAt = 36;
    private const int GroupSizeAt = 37;

    public int Bytes => Version == 0 ? LegacyBytes : VersionedBytes;

    public static Llama2cHeader Parse(string path, ReadOnlySpan<byte> start)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(start) != Magic)
        {
            // A vocabulary with a minus says that the output matrix is not the embedding.
            var vocabulary = Integer(start, 5);
            return new(ConfigOf(path, start, vocabulary == int.MinValue ? 0 : Math.Abs(vocabulary), vocabulary > 0), 0, 0);
        }

        var version = Integer(start, 1);
        if (version is not (1 or 2) || start.Length < VersionedBytes)
        {
            throw new InvalidModelException(path, start.Length < VersionedBytes
                ? $"the file has {start.Length} bytes, too few for its header." : $"the file has version {version} of llama2.c's format; 0 to 2 are read.");
        }

        var config = ConfigOf(path, start[8..], Integer(start[8..], 5), start[SharedAt] switch
        {
            0 => false,
            1 => true,
            var other => throw new InvalidModelException(path, $"whether the output matrix is shared is {other}, not 0 or 1."),
        });
        var groupSize = version == 2 ? BinaryPrimitives.ReadInt32LittleEndian(start[GroupSizeAt..]) : 0;
        return version == 1 || (groupSize > 0 && WeightNames.All(config).All(weight => weight.Shape.Length == 1 || weight.Shape[0] * weight.Shape[1] % groupSize == 0))
            ? new(config, version, groupSize)
            : throw new InvalidModelException(path, $"the group size is {groupSize}, which does not divide every matrix.");
    }

    public void Write(Stream stream)
    {
        var bytes = new byte[Bytes];
        var numbers = bytes.AsSpan();
        var vocabulary = Config.VocabularySize;
        if (Version == 0)
        {
            vocabulary = Config.TieWordEmbeddings ? vocabulary : -vocabulary;
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(numbers, Magic);
            BinaryPrimitives.WriteInt32LittleEndian(numbers[4..], Version);
            bytes[SharedAt] = Config.TieWordEmbeddings ? (byte)1 : (byte)0;
            numbers = numbers[8..];
        }

        int[] sizes = [Config.HiddenSize, Config.IntermediateSize, Config.LayerCount, Config.HeadCount, Config.KvHeadCount, vocabulary, Config.ContextLength];
        foreach (var (index, size) in sizes.Index())
        {
            BinaryPrimitives.WriteInt32LittleEndian(numbers[(index * sizeof(int))..], size);
        }

        stream.Write(bytes);
    }

    private static ModelConfig ConfigOf(string path, ReadOnlySpan<byte> sizes, int vocabulary, bool isShared)
    {
        var (hidden, heads) = (Integer(sizes, 0), Integer(sizes, 3));
        if (hidden < 1 || heads < 1 || hidden % heads != 0)
        {
            throw new InvalidModelException(path, $"the header says width {hidden} and {heads} heads: this is no llama2.c model.");
        }

        var config = new ModelConfig
        {
            VocabularySize = vocabulary,
            HiddenSize = hidden,
            IntermediateSize = Integer(sizes, 1),
            LayerCount = Integer(sizes, 2),
            HeadCount = heads,
            KvHeadCount = Integer(sizes, 4),
            HeadDim = hidden / heads,
            RmsNormEpsilon = RmsNormEpsilon,
            RopeTheta = RopeTheta,
            ContextLength = Integer(sizes, 6),
            TieWordEmbeddings = isShared,
            BosTokenId = 1,
            EosTokenIds = [1, 2],   // run.c stops at both: its texts follow each other with <s> between them
            TorchDtype = "float32",
        };
        ModelConfigJson.ThrowIfImpossible(path, config);
        return config;
    }

    private static int Integer(ReadOnlySpan<byte> numbers, int index) => BinaryPrimitives.ReadInt32LittleEndian(numbers[(index * sizeof(int))..]);
}
