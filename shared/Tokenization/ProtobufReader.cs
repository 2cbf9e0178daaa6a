using System.Buffers.Binary;

namespace InternPlatform.Tokenization;

/// <summary>Walks the fields of one protobuf message, by hand: a tokenizer needs three messages of one file.</summary>
/// <remarks>Every read past the end, and every wire type that is none, is an <see cref="InvalidDataException"/>. Nothing is allocated.</remarks>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private const int VarintType = 0;
    private const int EightBytesType = 1;
    private const int BytesType = 2;
    private const int FourBytesType = 5;

    private ReadOnlySpan<byte> rest = message;
    private int wireType;

    /// <summary>Number of the field that <see cref="Next"/> stands at. It must be read or skipped before the next one.</summary>
    public int Field { get; private set; }

    public bool Next()
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        var tag = RawVarint();
        Field = (int)Math.Min(tag >> 3, int.MaxValue);
        wireType = (int)(tag & 7);
        return true;
    }

    public int Int32()
    {
        Expect(VarintType);
        return (int)RawVarint();
    }

    public bool Bool() => Int32() != 0;

    public float Single()
    {
        Expect(FourBytesType);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));
    }

    public ReadOnlySpan<byte> Bytes()
    {
        Expect(BytesType);
        return Take(RawVarint());
    }

    public void Skip()
    {
        switch (wireType)
        {
            case VarintType:
                RawVarint();
                break;
            case EightBytesType:
                Take(sizeof(ulong));
                break;
            case BytesType:
                Take(RawVarint());
                break;
            case FourBytesType:
                Take(sizeof(uint));
                break;
            default:
                throw new InvalidDataException($"Field {Field} has the wire type {wireType}, which is not read.");
        }
    }

    private readonly void Expect(int type)
    {
        if (wireType != type)
        {
            throw new InvalidDataException($"Field {Field} has the wire type {wireType} where {type} is expected.");
        }
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)rest.Length)
        {
            throw new InvalidDataException($"Field {Field} needs {length} bytes; the message has {rest.Length} more.");
        }

        var taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }

    private ulong RawVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException($"A number after field {Field} is longer than ten bytes.");
    }
}
