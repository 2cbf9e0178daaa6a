using InternPlatform.Catalog.Sample;
using InternPlatform.Tokenization;

namespace InternPlatform.TrainTiny;

/// <summary>Rows to token ids, and token ids to shard files.</summary>
internal static class Shards
{
    private const int CharactersPerSample = 4000;

    /// <summary>Everything a tokenizer should see of a row.</summary>
    public static string TextOf(SampleRow row) => row.Text ?? string.Join('\n', row.Messages!.Select(turn =>
        turn.Content + string.Concat((turn.ToolCalls ?? []).Select(call => $"{{\"name\": \"{call.Name}\", \"parameters\": {call.ArgumentsJson}}}"))));

    public static int[] Encode(Tokenizer tokenizer, SampleRow row) => row.Text is null
        ? ChatTemplate.Get("internlm2").EncodeForTraining(tokenizer, row.Messages!, row.Tools)
        : Document(tokenizer, row.Text);

    /// <summary>A long text as samples of a few thousand characters, cut at line ends.</summary>
    public static IEnumerable<string> Cut(string text)
    {
        for (var from = 0; from < text.Length;)
        {
            var end = Math.Min(from + CharactersPerSample, text.Length);
            var line = end < text.Length ? text.LastIndexOf('\n', end - 1, end - from) : -1;
            end = line > from ? line + 1 : end;
            yield return text[from..end];
            from = end;
        }
    }

    public static int[] Document(Tokenizer tokenizer, string text) =>
        [tokenizer.IdOf("<s>")!.Value, .. tokenizer.Encode(text), tokenizer.IdOf("</s>")!.Value];

    public static long Write(string path, IEnumerable<int[]> samples)
    {
        var tokens = 0L;
        using var writer = new TokenShardWriter(path);
        foreach (var sample in samples)
        {
            writer.Add(sample);
            tokens += sample.Length;
        }

        writer.Complete();
        return tokens;
    }
}
