using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>Reads the message <c>ModelProto</c> of sentencepiece's <c>sentencepiece_model.proto</c>, and refuses what it would have to ignore.</summary>
internal sealed class SentencePieceReader
{
    private const int Unigram = 1;
    private const int Bpe = 2;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string path;
    private readonly List<Piece> pieces = [];
    private int modelType = Unigram;
    private int bosId = 1;
    private int eosId = 2;
    private bool byteFallback;
    private bool spaceIsSuffix;
    private bool addDummyPrefix = true;
    private bool removeExtraWhitespaces = true;
    private bool escapeWhitespaces = true;
    private byte[] charsMap = [];

    private SentencePieceReader(string path) => this.path = path;

    /// <exception cref="InvalidTokenizerException">The bytes are no model, or one that cannot be used.</exception>
    public static SentencePieceModel Read(string path, ReadOnlySpan<byte> file)
    {
        try
        {
            return new SentencePieceReader(path).Read(file);
        }
        catch (Exception e) when (e is InvalidDataException or DecoderFallbackException)
        {
            throw new InvalidTokenizerException(path, $"the file is not a SentencePiece model ({e.Message}).", e);
        }
    }

    private SentencePieceModel Read(ReadOnlySpan<byte> file)
    {
        var message = new ProtobufReader(file);
        while (message.Next())
        {
            switch (message.Field)
            {
                case 1:
                    pieces.Add(ReadPiece(message.Bytes()));
                    break;
                case 2:
                    ReadTrainer(message.Bytes());
                    break;
                case 3:
                    ReadNormalizer(message.Bytes());
                    break;
                default:
                    message.Skip();
                    break;
            }
        }

        return Build();
    }

    private SentencePieceModel Build()
    {
        if (modelType is not (Unigram or Bpe) || spaceIsSuffix)
        {
            throw new InvalidTokenizerException(path, spaceIsSuffix
                ? "the model marks spaces at the end of words, which is not supported."
                : $"the model is of type {modelType}; unigram (1) and BPE (2) are read.");
        }

        SentencePieceRules.Check(path, pieces, byteFallback, isUnigram: modelType == Unigram);
        return new SentencePieceModel(pieces)
        {
            IsUnigram = modelType == Unigram,
            ByteFallback = byteFallback,
            AddDummyPrefix = addDummyPrefix,
            RemoveExtraWhitespaces = removeExtraWhitespaces,
            EscapeWhitespaces = escapeWhitespaces,
            CharsMap = charsMap,
            BosId = ControlId(bosId),
            EosId = ControlId(eosId),
        };
    }

    private int? ControlId(int id) => id >= 0 && id < pieces.Count && pieces[id].Type == PieceType.Control ? id : null;

    private static Piece ReadPiece(ReadOnlySpan<byte> bytes)
    {
        var piece = new Piece("", 0, PieceType.Normal);
        var message = new ProtobufReader(bytes);
        while (message.Next())
        {
            switch (message.Field)
            {
                case 1:
                    piece = piece with { Text = Strict.GetString(message.Bytes()) };
                    break;
                case 2:
                    piece = piece with { Score = message.Single() };
                    break;
                case 3:
                    piece = piece with { Type = (PieceType)message.Int32() };
                    break;
                default:
                    message.Skip();
                    break;
            }
        }

        return piece;
    }

    // vocab_size is not read: internlm2's says 353 where 92,544 pieces follow.
    private void ReadTrainer(ReadOnlySpan<byte> bytes)
    {
        var message = new ProtobufReader(bytes);
        while (message.Next())
        {
            switch (message.Field)
            {
                case 3:
                    modelType = message.Int32();
                    break;
                case 24:
                    spaceIsSuffix = message.Bool();
                    break;
                case 35:
                    byteFallback = message.Bool();
                    break;
                case 41:
                    bosId = message.Int32();
                    break;
                case 42:
                    eosId = message.Int32();
                    break;
                default:
                    message.Skip();
                    break;
            }
        }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> bytes)
    {
        var message = new ProtobufReader(bytes);
        while (message.Next())
        {
            switch (message.Field)
            {
                case 2:
                    charsMap = message.Bytes().ToArray();
                    break;
                case 3:
                    addDummyPrefix = message.Bool();
                    break;
                case 4:
                    removeExtraWhitespaces = message.Bool();
                    break;
                case 5:
                    escapeWhitespaces = message.Bool();
                    break;
                default:
                    message.Skip();
                    break;
            }
        }
    }
}
