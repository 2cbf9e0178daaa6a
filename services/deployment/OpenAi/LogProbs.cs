using System.Text;
using InternPlatform.Inference.Engine;
using InternPlatform.Tokenization;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>Log-probabilities in the forms of the two routes.</summary>
internal static class LogProbs
{
    /// <summary>JSON has no −∞; OpenAI writes this.</summary>
    private const double Impossible = -9999;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static ChatLogProbs Chat(IReadOnlyList<GeneratedToken> tokens, Tokenizer tokenizer) => new()
    {
        Content = [.. tokens.Select(token => new TokenLogProbAnswer
        {
            Token = Spelling(token.Token, tokenizer),
            Logprob = Finite(token.LogProb),
            Bytes = Bytes(token.Token, tokenizer),
            TopLogprobs = [.. (token.Top ?? []).Select(top => new LogProbAnswer
            {
                Token = Spelling(top.Token, tokenizer),
                Logprob = Finite(top.LogProb),
                Bytes = Bytes(top.Token, tokenizer),
            })],
        })],
    };

    /// <param name="tokens">Tokens in order.</param>
    /// <param name="tokenizer">Spells them.</param>
    /// <param name="offset">Characters of text before the first.</param>
    public static CompletionLogProbs Completion(IReadOnlyList<GeneratedToken> tokens, Tokenizer tokenizer, int offset)
    {
        List<int> offsets = [];
        var decoder = tokenizer.CreateDecoder();
        foreach (var token in tokens)
        {
            offsets.Add(offset);
            offset += decoder.Push(token.Token).Length;
        }

        return new()
        {
            Tokens = [.. tokens.Select(token => Spelling(token.Token, tokenizer))],
            TokenLogprobs = [.. tokens.Select(token => float.IsNaN(token.LogProb) ? (double?)null : Finite(token.LogProb))],
            TopLogprobs = [.. tokens.Select(token => token.Top is null ? null : Top(token.Top, tokenizer))],
            TextOffset = offsets,
        };
    }

    private static Dictionary<string, double> Top(IReadOnlyList<TokenLogProb> top, Tokenizer tokenizer)
    {
        // Two tokens may have one spelling: the likelier stays.
        Dictionary<string, double> result = [];
        foreach (var (token, logProb) in top)
        {
            result.TryAdd(Spelling(token, tokenizer), Finite(logProb));
        }

        return result;
    }

    /// <summary>The token's text; one that is no whole characters is written byte by byte, as OpenAI does.</summary>
    private static string Spelling(int token, Tokenizer tokenizer)
    {
        if (token >= tokenizer.VocabularySize)
        {
            return $"<|unused {token}|>";
        }

        try
        {
            return Strict.GetString(tokenizer.TokenBytes(token));
        }
        catch (DecoderFallbackException)
        {
            return "bytes:" + string.Concat(Bytes(token, tokenizer).Select(value => $"\\x{value:x2}"));
        }
    }

    private static int[] Bytes(int token, Tokenizer tokenizer) => token >= tokenizer.VocabularySize ? [] : [.. tokenizer.TokenBytes(token).ToArray().Select(value => (int)value)];

    private static double Finite(float logProb) => float.IsFinite(logProb) ? logProb : Impossible;
}
