using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using InternPlatform.Inference.Engine;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>Checks the fields that both routes share and turns them into the engine's options.</summary>
internal static class GenerationLimits
{
    public const int MaxChoices = 16;
    private const int MaxStops = 16;
    private const int MaxStopLength = 256;
    private const int MaxBiases = 1024;

    public static SamplingOptions Sampling(GenerationFields request, int vocabularySize) => new()
    {
        Temperature = InRange("temperature", request.Temperature, 1, 0, 2),
        TopP = request.TopP is <= 0 ? throw OpenAiRefusal.Invalid("top_p", "'top_p' must be above 0 and at most 1.") : InRange("top_p", request.TopP, 1, 0, 1),
        TopK = request.TopK is < -1 ? throw OpenAiRefusal.Invalid("top_k", "'top_k' must not be negative.") : Math.Max(0, request.TopK ?? 0),
        MinP = InRange("min_p", request.MinP, 0, 0, 1),
        PresencePenalty = InRange("presence_penalty", request.PresencePenalty, 0, -2, 2),
        FrequencyPenalty = InRange("frequency_penalty", request.FrequencyPenalty, 0, -2, 2),
        RepetitionPenalty = InRange("repetition_penalty", request.RepetitionPenalty, 1, 0.01f, 100),
        LogitBias = Biases(request.LogitBias, vocabularySize),
        Seed = (ulong?)request.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))),
    };

    public static int Choices(GenerationFields request) => InRange("n", request.N, 1, 1, MaxChoices);

    public static int MinNewTokens(GenerationFields request) => InRange("min_new_tokens", request.MinNewTokens ?? request.MinTokens, 0, 0, 1 << 20);

    public static IReadOnlyList<string> Stops(JsonElement? stop)
    {
        if (stop is not { ValueKind: not JsonValueKind.Null } given)
        {
            return [];
        }

        List<JsonElement> parts = given.ValueKind == JsonValueKind.Array ? [.. given.EnumerateArray()] : [given];
        if (parts.Count > MaxStops || parts.Exists(part => part.ValueKind != JsonValueKind.String || part.GetString()!.Length is 0 or > MaxStopLength))
        {
            throw OpenAiRefusal.Invalid("stop", $"'stop' must be a string or at most {MaxStops} strings, each of 1 to {MaxStopLength} characters.");
        }

        return [.. parts.Select(part => part.GetString()!)];
    }

    public static int InRange(string field, int? value, int fallback, int least, int most) => value is { } given && (given < least || given > most)
        ? throw OpenAiRefusal.Invalid(field, $"'{field}' must be between {least} and {most}; {given} was given.")
        : value ?? fallback;

    private static float InRange(string field, float? value, float fallback, float least, float most) => value is { } given && !(given >= least && given <= most)
        ? throw OpenAiRefusal.Invalid(field, string.Create(CultureInfo.InvariantCulture, $"'{field}' must be between {least} and {most}; {given} was given."))
        : value ?? fallback;

    private static Dictionary<int, float> Biases(Dictionary<string, float>? biases, int vocabularySize)
    {
        if (biases?.Count > MaxBiases)
        {
            throw OpenAiRefusal.Invalid("logit_bias", $"'logit_bias' may name at most {MaxBiases} tokens.");
        }

        Dictionary<int, float> result = [];
        foreach (var (key, value) in biases ?? [])
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var token) || token >= vocabularySize || !(value >= -100 && value <= 100))
            {
                throw OpenAiRefusal.Invalid("logit_bias", $"'logit_bias' maps token ids below {vocabularySize} to numbers from -100 to 100; '{key}' does not fit.");
            }

            result[token] = value;
        }

        return result;
    }
}
