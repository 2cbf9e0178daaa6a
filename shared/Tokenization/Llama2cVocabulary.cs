using System.Buffers.Binary;
using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>
/// The vocabulary that llama2.c's <c>tokenizer.py</c> exports (<c>tokenizer.bin</c>, <c>tok512.bin</c>): the longest piece's length, then score, length and
/// bytes of each piece, with plain spaces. The ids are those of a SentencePiece BPE with byte pieces after unknown, begin and end.
/// </summary>
internal static class Llama2cVocabulary
{
    private const int LargestFile = 64 << 20;
    private const int FirstByteId = 3;
    private const int FirstPlainId = FirstByteId + 256;

    /// <exception cref="InvalidTokenizerException">The file is missing, cut off, or none of these.</exception>
    public static TokenizerModel Read(string path)
    {
        var info = new FileInfo(path);
        if (!info.Exists || info.Length is < 4 or > LargestFile)
        {
            throw new InvalidTokenizerException(path, info.Exists ? $"the file has {info.Length} bytes; a llama2.c tokenizer has 4 to {LargestFile}." : "the file does not exist.");
        }

        var pieces = Pieces(path, File.ReadAllBytes(path));
        if (pieces.Count < FirstPlainId || SentencePieceModel.ByteOf(pieces[FirstByteId].Text) != 0)
        {
            throw new InvalidTokenizerException(path, $"piece {FirstByteId} of {pieces.Count} is not '<0x00>', so this is no tokenizer of llama2.c.");
        }

        SentencePieceRules.Check(path, [.. pieces], byteFallback: true, isUnigram: false);
        return new SentencePieceModel(pieces) { ByteFallback = true, RemoveExtraWhitespaces = false, BosId = 1, EosId = 2, AddsBos = true };
    }

    private static List<Piece> Pieces(string path, byte[] bytes)
    {
        var pieces = new List<Piece>();
        var longest = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        for (var at = 4; at < bytes.Length;)
        {
            var length = bytes.Length - at >= 8 ? BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 4)) : -1;
            if (length < 0 || length > longest || length > bytes.Length - at - 8)
            {
                throw new InvalidTokenizerException(path, $"piece {pieces.Count} at byte {at} does not fit the file: it is cut off, or no tokenizer of llama2.c.");
            }

            var score = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(at));
            pieces.Add(PieceOf(pieces.Count, Encoding.UTF8.GetString(bytes, at + 8, length), score));
            at += 8 + length;
        }

        return pieces;
    }

    private static Piece PieceOf(int id, string text, float score) => id switch
    {
        0 => new("<unk>", 0, PieceType.Unknown),
        1 => new("<s>", 0, PieceType.Control),
        2 => new("</s>", 0, PieceType.Control),
        < FirstPlainId => new(text, 0, PieceType.Byte),
        _ => new(text.Replace(' ', SentencePieceModel.Space), score, PieceType.Normal),
    };
}
