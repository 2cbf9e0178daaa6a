using System.Buffers.Binary;
using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>Writes a <c>.model</c> file that sentencepiece reads: what encoding and decoding need, nothing of how it was trained.</summary>
internal static class SentencePieceWriter
{
    public static byte[] Write(SentencePieceModel model)
    {
        using var file = new MemoryStream();
        foreach (var piece in model.Pieces)
        {
            WriteMessage(file, 1, message => WritePiece(message, piece));
        }

        WriteMessage(file, 2, message => WriteTrainer(message, model));
        WriteMessage(file, 3, message => WriteNormalizer(message, model));
        return file.ToArray();
    }

    private static void WritePiece(MemoryStream message, Piece piece)
    {
        WriteBytes(message, 1, Encoding.UTF8.GetBytes(piece.Text));
        Span<byte> score = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(score, piece.Score);
        WriteVarint(message, (2 << 3) | 5);
        message.Write(score);
        WriteInt(message, 3, (int)piece.Type);
    }

    private static void WriteTrainer(MemoryStream message, SentencePieceModel model)
    {
        WriteInt(message, 3, model.IsUnigram ? 1 : 2);
        WriteInt(message, 4, model.Pieces.Count);
        WriteInt(message, 35, model.ByteFallback ? 1 : 0);
        WriteInt(message, 40, model.UnknownId);
        WriteInt(message, 41, model.BosId ?? -1);
        WriteInt(message, 42, model.EosId ?? -1);
    }

    private static void WriteNormalizer(MemoryStream message, SentencePieceModel model)
    {
        WriteBytes(message, 1, model.CharsMap.Length > 0 ? "user_defined"u8 : "identity"u8);
        WriteBytes(message, 2, model.CharsMap);
        WriteInt(message, 3, model.AddDummyPrefix ? 1 : 0);
        WriteInt(message, 4, model.RemoveExtraWhitespaces ? 1 : 0);
        WriteInt(message, 5, model.EscapeWhitespaces ? 1 : 0);
    }

    private static void WriteMessage(MemoryStream file, int field, Action<MemoryStream> write)
    {
        using var message = new MemoryStream();
        write(message);
        WriteBytes(file, field, message.GetBuffer().AsSpan(0, (int)message.Length));
    }

    private static void WriteBytes(MemoryStream message, int field, ReadOnlySpan<byte> bytes)
    {
        WriteVarint(message, (ulong)((field << 3) | 2));
        WriteVarint(message, (ulong)bytes.Length);
        message.Write(bytes);
    }

    private static void WriteInt(MemoryStream message, int field, int value)
    {
        WriteVarint(message, (ulong)(field << 3));
        WriteVarint(message, (ulong)value);   // negative: sign-extended to ten bytes, as protobuf has it
    }

    private static void WriteVarint(MemoryStream message, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            message.WriteByte((byte)(value | 0x80));
        }

        message.WriteByte((byte)value);
    }
}
