using InternPlatform.Tokenization;
using InternPlatform.Training;

namespace InternPlatform.TrainTiny;

/// <summary>The most probable continuation, without a cache: each token reads the whole row again.</summary>
internal static class Greedy
{
    public static string Continue(LoadedModel model, Tokenizer tokenizer, int[] prompt, int mostTokens)
    {
        var ids = prompt.ToList();
        int?[] stops = [tokenizer.IdOf("</s>"), tokenizer.IdOf("<|im_end|>")];
        for (var i = 0; i < mostTokens && ids.Count < model.Options.SequenceLength; i++)
        {
            var logits = model.Logits([.. ids])[^1];
            var best = Array.IndexOf(logits, logits.Max());
            if (stops.Contains(best))
            {
                break;
            }

            ids.Add(best);
        }

        return tokenizer.Decode([.. ids[prompt.Length..]], skipSpecialTokens: false);
    }
}
